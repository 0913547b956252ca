// What dmn-js has no place for: the English of names and columns, and the annotations of each row, which pages show.
import { make } from "../shared/dom.js";
import { say } from "../shared/language.js";

const NAME = "zr:nameEn";
const ZR = "https://zhirong.example.invalid/schema/1.0";

export class English {
  // `changed` is called after every change of the model.
  constructor(place, modeler, changed) {
    Object.assign(this, { place, modeler, changed });
  }

  // Draws it again unless somebody is typing in it.
  draw() {
    if (this.place.contains(document.activeElement)) return;
    const definitions = this.modeler.getDefinitions();
    const owners = definitions.get("drgElement").filter(({ $type }) => /Decision$|BusinessKnowledgeModel$/.test($type));
    this.place.replaceChildren(this.names([definitions, ...owners]), ...owners.map((owner) => this.annotations(owner)).filter(Boolean));
  }

  names(elements) {
    const rows = elements.flatMap((element) => {
      const table = tableOf(element);
      const columns = table ? [...table.get("input"), ...table.get("output")] : [];
      return [this.name(element, element.label ?? element.$attrs.label ?? element.$attrs["zr:label"] ?? element.name), ...columns.map((column) => this.name(column, column.label))];
    });
    return grid(say("名称和列的英文", "English of names and columns"), [say("中文", "Chinese"), say("英文", "English")], rows.filter(Boolean));
  }

  name(element, chinese) {
    if (!chinese) return null;
    const set = (value) => {
      this.modeler.getDefinitions().$attrs["xmlns:zr"] ??= ZR;
      element.$attrs[NAME] = value.trim(); // empty stays: what is taken away altogether looks lost to the server
    };
    return [make("span", { lang: "zh" }, chinese), this.field(say("“{name}”的英文", "English of “{name}”", { name: chinese }), element.$attrs[NAME] ?? "", set)];
  }

  annotations(owner) {
    const table = tableOf(owner);
    const clauses = table?.get("annotation") ?? [];
    if (!clauses.length) return null;
    const rows = table.get("rule").map((rule, index) => [String(index + 1), ...clauses.map((clause, at) => this.field(
      say("第 {row} 行 {name}", "Row {row} {name}", { row: index + 1, name: clause.name }), rule.get("annotationEntry")[at]?.text ?? "", (value) => this.annotate(rule, at, value)))]);
    return grid(say("行的注释：{name}", "Annotations of rows: {name}", { name: owner.name }), [say("行", "Row"), ...clauses.map(({ name }) => name)], rows);
  }

  annotate(rule, at, text) {
    const entries = rule.get("annotationEntry");
    while (entries.length <= at) {
      const made = rule.$model.create("dmn:RuleAnnotation", { text: "" });
      made.$parent = rule;
      entries.push(made);
    }
    entries[at].text = text;
  }

  field(label, value, set) {
    const input = make("input.form-control.form-control-sm", { "aria-label": label, value, maxlength: 400 });
    input.addEventListener("change", () => {
      set(input.value);
      this.changed();
    });
    return input;
  }
}

const tableOf = (element) => [element.decisionLogic, element.encapsulatedLogic?.body].find((logic) => logic?.$type === "dmn:DecisionTable");

function grid(caption, head, rows) {
  return make("table.rows.english-table", {}, make("caption", {}, caption),
    make("thead", {}, make("tr", {}, ...head.map((text) => make("th", { scope: "col" }, text)))),
    make("tbody", {}, ...rows.map((cells) => make("tr", {}, ...cells.map((cell) => make("td", {}, cell))))));
}
