// Entries of a group, each bound to one property of one element. Components must stay the same from one drawing of the
// panel to the next, else the field that somebody is typing into would be replaced.
import { CheckboxEntry, SelectEntry, TextAreaEntry, TextFieldEntry } from "@bpmn-io/properties-panel";
import { say } from "../../shared/language.js";
import { DueField, FeelField, ManyField, NUMBER, PeopleField, withCurrent } from "./fields.jsx";

// `bind(holder, name)` reads and writes a property of a moddle element that belongs to a drawn one.
export function binder(studio, element) {
  const modeling = studio.modeler.get("modeling");
  return (holder, name) => ({
    get: () => holder.get(name) ?? "",
    set: (value) => {
      const wanted = value === "" || value === false || value === null ? undefined : value;
      if ((holder.get(name) ?? undefined) === wanted) return;
      if (holder === element.businessObject) modeling.updateProperties(element, { [name]: wanted });
      else modeling.updateModdleProperties(element, holder, { [name]: wanted });
    },
  });
}

function debounce(act) {
  let timer;
  let pending = null;
  const later = (...values) => {
    pending = values;
    clearTimeout(timer);
    timer = setTimeout(later.flush, 300);
  };
  later.cancel = () => {
    clearTimeout(timer);
    pending = null;
  };
  later.flush = () => {
    const values = pending;
    later.cancel();
    if (values) act(...values);
  };
  return later;
}

const common = ({ element, id, label, bound, description, validate }) => ({
  element, id, label, description, validate, getValue: bound.get, setValue: (value) => bound.set(value ?? ""),
});
const withHelp = (props) => ({ ...props, key: props.element.id, value: props.bound.get(), set: props.bound.set });

const Text = (props) => <TextFieldEntry {...common(props)} debounce={debounce} disabled={props.disabled} />;
const Area = (props) => <TextAreaEntry {...common(props)} debounce={debounce} autoResize rows={props.rows ?? 2} />;
const Check = (props) => <CheckboxEntry {...common(props)} getValue={() => Boolean(props.bound.get())} />;
const Pick = (props) => <SelectEntry {...common(props)}
  getOptions={() => [{ value: "", label: props.none ?? say("（未选择）", "(none)") }, ...withCurrent(props.options, props.bound.get())]} />;
const Feel = (props) => <FeelField {...withHelp(props)} help={props.studio.help} />;
const Many = (props) => <ManyField {...withHelp(props)} />;
const People = (props) => <PeopleField {...withHelp(props)} help={props.studio.help} options={props.studio.options.groups} />;
const Due = (props) => <DueField {...withHelp(props)} help={props.studio.help} parameters={props.studio.options.numbers} />;
const Days = (props) => <DueField {...withHelp(props)} help={props.studio.help} parameters={props.studio.options.numbers} notation={NUMBER} />;
const Note = ({ words }) => <p class="bio-properties-panel-entry panel-note">{words}</p>;

const entry = (component) => (id, label, bound, more = {}) => ({ id, label, bound, component, isEdited: () => Boolean(bound.get()), ...more });

export const text = entry(Text);
export const area = entry(Area);
export const check = entry(Check);
export const pick = (id, label, bound, options, more = {}) => entry(Pick)(id, label, bound, { options, ...more });
export const many = (id, label, bound, options, more = {}) => entry(Many)(id, label, bound, { options, ...more });
export const feel = (id, label, bound, studio, kind, more = {}) => entry(Feel)(id, label, bound, { studio, kind, ...more });
export const people = (id, label, bound, studio, more = {}) => entry(People)(id, label, bound, { studio, ...more });
export const due = (id, label, bound, studio, more = {}) => entry(Due)(id, label, bound, { studio, ...more });
export const days = (id, label, bound, studio, more = {}) => entry(Days)(id, label, bound, { studio, ...more });
export const note = (id, words) => ({ id, words, component: Note });
