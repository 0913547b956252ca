// Lists of extension elements: parameters, what is passed in and out, prefilled fields.
import { ListGroup } from "@bpmn-io/properties-panel";
import { say } from "../../shared/language.js";
import { feel, text } from "./entries.jsx";

export function extensionsOf(holder, type) {
  return (holder.extensionElements?.values ?? []).filter((item) => item.$type === type);
}

// One command for the whole list, so that one step back undoes it.
export function writeExtensions(studio, element, holder, change) {
  const moddle = studio.modeler.get("moddle");
  const values = change([...(holder.extensionElements?.values ?? [])]);
  const made = values.length ? moddle.create("bpmn:ExtensionElements", { values }) : undefined;
  if (made) {
    made.$parent = holder;
    for (const value of values) value.$parent = made;
  }
  studio.modeler.get("modeling").updateModdleProperties(element, holder, { extensionElements: made });
}

export function addExtension(studio, element, holder, type, properties) {
  const made = studio.modeler.get("moddle").create(type, properties);
  writeExtensions(studio, element, holder, (values) => [...values, made]);
}

// The value of a parameter by its name; an empty one takes the parameter away.
export function parameter(studio, element, name) {
  const holder = element.businessObject;
  const find = () => extensionsOf(holder, "zr:Parameter").find((item) => item.name === name);
  return {
    get: () => find()?.value ?? "",
    set: (value) => {
      const found = find();
      if (found && value) studio.modeler.get("modeling").updateModdleProperties(element, found, { value });
      else if (found) writeExtensions(studio, element, holder, (values) => values.filter((item) => item !== found));
      else if (value) addExtension(studio, element, holder, "zr:Parameter", { name, value });
    },
  };
}

// Pairs of a name and an expression.
export function pairs(studio, element, bind, { id, label, type, name, value, nameLabel, valueLabel }) {
  const holder = element.businessObject;
  return {
    id, label, component: ListGroup,
    items: extensionsOf(holder, type).map((item, index) => ({
      id: `${id}-${index}`,
      label: item.get(name) || say("（未命名）", "(unnamed)"),
      autoFocusEntry: `${id}-${index}-name`,
      entries: [
        text(`${id}-${index}-name`, nameLabel, bind(item, name)),
        feel(`${id}-${index}-value`, valueLabel, bind(item, value), studio, "value"),
      ],
      remove: (event) => {
        event.stopPropagation();
        writeExtensions(studio, element, holder, (values) => values.filter((other) => other !== item));
      },
    })),
    add: (event) => {
      event.stopPropagation();
      addExtension(studio, element, holder, type, { [name]: "", [value]: "= " });
    },
  };
}
