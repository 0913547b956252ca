// Messages, errors, signals and escalations stand beside the processes; events refer to them.
const NAME_OF = { "bpmn:Message": "name", "bpmn:Signal": "name", "bpmn:Error": "errorCode", "bpmn:Escalation": "escalationCode" };

export function definitionsOf(studio) {
  return studio.modeler.getDefinitions();
}

export function namesOf(studio, type) {
  const found = (definitionsOf(studio).rootElements ?? []).filter((item) => item.$type === type);
  return found.map((item) => item.get(NAME_OF[type]) || item.name || item.id);
}

// The name of what an element refers to; writing one that nobody has yet makes it.
export function reference(studio, element, holder, property, type) {
  const nameOf = (item) => item?.get(NAME_OF[type]) || item?.name || item?.id || "";
  return {
    get: () => nameOf(holder.get(property)),
    set: (name) => {
      const modeling = studio.modeler.get("modeling");
      if (!name) {
        modeling.updateModdleProperties(element, holder, { [property]: undefined });
        return;
      }
      const definitions = definitionsOf(studio);
      let found = (definitions.rootElements ?? []).find((item) => item.$type === type && nameOf(item) === name);
      if (!found) {
        found = make(studio, definitions, type, name);
        modeling.updateModdleProperties(element, definitions, { rootElements: insert(definitions.rootElements, found) });
      }
      modeling.updateModdleProperties(element, holder, { [property]: found });
    },
  };
}

function make(studio, definitions, type, name) {
  const moddle = studio.modeler.get("moddle");
  const wanted = /^[A-Za-z_][\w.-]*$/.test(name) ? name : moddle.ids.nextPrefixed(`${type.split(":")[1]}_`);
  const id = moddle.ids.assigned(wanted) ? moddle.ids.nextPrefixed(`${wanted}_`) : wanted;
  const made = moddle.create(type, { id, name });
  if (NAME_OF[type] !== "name") made.set(NAME_OF[type], name);
  moddle.ids.claim(id, made);
  made.$parent = definitions;
  return made;
}

// Before the processes, where the schema of BPMN and readers expect them.
function insert(elements = [], made) {
  const index = elements.findIndex((item) => ["bpmn:Collaboration", "bpmn:Process"].includes(item.$type));
  const at = index < 0 ? elements.length : index;
  return [...elements.slice(0, at), made, ...elements.slice(at)];
}
