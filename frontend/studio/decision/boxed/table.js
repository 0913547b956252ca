// A decision table inside of another expression: its columns, and its rows of FEEL cells.
import { make } from "../../shared/dom.js";
import { say } from "../../shared/language.js";

const POLICIES = ["UNIQUE", "FIRST", "PRIORITY", "ANY", "COLLECT", "RULE ORDER", "OUTPUT ORDER"];

export function drawTable(drawing, table, label, names) {
  const { editing } = drawing;
  const [inputs, outputs] = [table.get("input"), table.get("output")];
  const head = [
    ...inputs.map((input) => make("th", { scope: "col" }, drawing.feel(input.inputExpression, "text", say("输入", "Input"), names))),
    ...outputs.map((output) => make("th", { scope: "col", "data-output": true }, drawing.text(output, "name", say("输出", "Output")))),
  ];
  const rows = table.get("rule").map((rule, index) => make("tr", {},
    make("td", {}, make("span.num", {}, String(index + 1))),
    ...rule.get("inputEntry").map((cell, at) => make("td", {}, drawing.feel(cell, "text", told(label, index, at), names, "unary"))),
    ...rule.get("outputEntry").map((cell, at) => make("td", { "data-output": true }, drawing.feel(cell, "text", told(label, index, inputs.length + at), names))),
    make("td", {}, drawing.remover(() => editing.remove(table, "rule", rule), String(index + 1)))));
  const add = () => editing.insert(table, "rule", editing.create("DecisionRule", {
    inputEntry: inputs.map(() => editing.create("UnaryTests", { text: "-" })), outputEntry: outputs.map(() => editing.literal()),
  }));
  return make("div", {}, make("table.boxed-table", { "aria-label": label }, make("thead", {}, make("tr", {}, make("td", {}, policy(drawing, table)), ...head, make("td", {}))), make("tbody", {}, ...rows)),
    drawing.bar(drawing.button(say("添加行", "Add a row"), add)));
}

const told = (label, row, column) => say("{label}：第 {row} 行第 {column} 列", "{label}: row {row}, column {column}", { label, row: row + 1, column: column + 1 });

function policy(drawing, table) {
  const current = table.hitPolicy ?? "UNIQUE";
  if (drawing.isReadOnly) return make("span", {}, current);
  const options = POLICIES.map((name) => make("option", { value: name, selected: name === current }, name));
  return make("select.form-select.form-select-sm", { "aria-label": say("命中策略", "Hit policy"), onchange: (event) => drawing.editing.set(table, "hitPolicy", event.target.value) }, ...options);
}
