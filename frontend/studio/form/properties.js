// Our own properties of a component in the editor's panel, and the English of options and columns.
import { h } from "preact";
import { say } from "../shared/language.js";

const PANEL = "bio-properties-panel";

// A number that is typed as one is kept as one; everything else as text.
const read = (text) => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text);

function changed(text, kind) {
  const typed = text.trim();
  if (!typed) return undefined;
  return kind === "count" || (kind === "choice" && /^\d+$/.test(typed)) ? read(typed) : typed;
}

function Entry({ id, label, value, kind, options, set }) {
  const shown = value === undefined || value === null ? "" : String(value);
  const shared = { id: `${PANEL}-${id}`, name: id, onChange: (event) => set(changed(event.target.value, kind)) };
  return h("div", { class: `${PANEL}-entry`, "data-entry-id": id },
    h("div", { class: kind === "choice" ? `${PANEL}-select` : `${PANEL}-textfield` },
      h("label", { for: shared.id, class: `${PANEL}-label` }, label),
      control(kind, shared, shown, options)));
}

function control(kind, shared, shown, options) {
  if (kind === "choice") {
    const known = shown && !options.some(([value]) => value === shown) ? [...options, [shown, shown]] : options;
    return h("select", { ...shared, class: `${PANEL}-input`, value: shown },
      h("option", { value: "" }, say("（未设）", "(none)")), known.map(([value, label]) => h("option", { value, selected: value === shown }, label)));
  }
  const more = { ...shared, class: `${PANEL}-input`, value: shown, spellcheck: false, autocomplete: "off" };
  if (kind === "long") return h("textarea", { ...more, rows: 4 });
  return h("input", { ...more, type: "text", placeholder: { feel: "= …", count: say("数字或 = 公式", "number or = FEEL") }[kind] ?? "" });
}

export class OurProperties {
  constructor(propertiesPanel, config) {
    this.vocabulary = config ?? {};
    propertiesPanel.registerProvider(this, 400);
  }

  getGroups(field, editField) {
    return (groups) => {
      if (!field) return groups;
      const rest = groups.filter((group) => group.id !== "custom-values");
      return [...rest, ...this.ours(field, editField)];
    };
  }

  ours(field, editField) {
    const properties = field.properties ?? {};
    const put = (name, value) => {
      const { [name]: _before, ...others } = properties;
      editField(field, ["properties"], value === undefined ? others : { ...others, [name]: value });
    };
    const offered = field.type === "default" ? FORM : this.vocabulary[field.type] ?? [];
    const entries = offered.map(({ name, label, kind, options }) => ({
      id: `ours-${name}`, component: Entry, label, kind, options, value: properties[name], set: (value) => put(name, value),
      isEdited: (node) => Boolean(node?.value),
    }));
    const isEnglish = ({ id }) => id.endsWith("_en");
    return [
      group("ours", say("知融设置", "Zhirong settings"), entries.filter((entry) => !isEnglish(entry))),
      group("ours-english", say("英文", "English"), [...entries.filter(isEnglish), ...translations(field, editField)]),
    ].filter((each) => each.entries.length);
  }
}
OurProperties.$inject = ["propertiesPanel", "config.ourProperties"];

const FORM = [
  { name: "title", label: say("标题", "Title"), kind: "text" },
  { name: "title_en", label: say("标题（英文）", "Title (English)"), kind: "text" },
];

const group = (id, label, entries) => ({ id, label, entries });

function translations(field, editField) {
  return ["values", "columns"].flatMap((list) => (Array.isArray(field[list]) ? field[list] : []).map((item, place) => ({
    id: `ours-${list}-${place}_en`, component: Entry, kind: "text", value: item.label_en,
    label: say("“{label}”的英文", "English of “{label}”", { label: item.label ?? item.value ?? place + 1 }),
    set: (value) => editField(field, [list], field[list].map((other, index) => (index === place ? { ...other, label_en: value } : other))),
  })));
}
