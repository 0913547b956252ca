// Boxes of expressions (DMN 1.5, 10.2): each kind as a small table, its parts as boxes again.
import { make } from "../../shared/dom.js";
import { say } from "../../shared/language.js";
import { feelBox } from "./feel_box.js";
import { drawTable } from "./table.js";

const KINDS = {
  LiteralExpression: say("表达式", "Expression"), Context: say("上下文", "Context"), List: say("列表", "List"), Relation: say("关系表", "Relation"),
  Invocation: say("调用", "Invocation"), FunctionDefinition: say("函数", "Function"), DecisionTable: say("决策表", "Decision table"),
  Conditional: say("条件", "Conditional"), Filter: say("筛选", "Filter"), For: say("逐项计算", "For each"),
  Some: say("至少一项满足", "Some"), Every: say("每项都满足", "Every"),
};
const OFFERED = ["LiteralExpression", "Context", "List", "Relation", "Invocation", "FunctionDefinition", "DecisionTable"];
const PARTS = {
  Conditional: [["if", say("如果", "If")], ["then", say("则", "Then")], ["else", say("否则", "Else")]],
  Filter: [["in", say("从", "In")], ["match", say("满足（item 为一项）", "Match (item is one of them)")]],
  For: [["in", say("从", "In")], ["return", say("计算", "Return")]],
  Some: [["in", say("从", "In")], ["satisfies", say("满足", "Satisfies")]],
  Every: [["in", say("从", "In")], ["satisfies", say("满足", "Satisfies")]],
};

export class Drawing {
  constructor(editing, help, isReadOnly) {
    Object.assign(this, { editing, help, isReadOnly, fields: [] });
  }

  destroy() {
    for (const field of this.fields) field.destroy();
  }

  root(element) {
    if (element.$type === "dmn:Decision") return this.slot(element, "decisionLogic", element.name || element.id, this.help.names);
    const logic = element.encapsulatedLogic;
    if (logic) return this.drawFunction(logic, element.name || element.id, this.help.names);
    const begin = () => this.editing.set(element, "encapsulatedLogic", this.editing.fresh("FunctionDefinition"));
    return make("div", {}, make("p.muted", {}, say("还没有内容。", "Nothing here yet.")), this.button(say("填写函数", "Begin a function"), begin));
  }

  // A property that holds one expression, or none yet.
  slot(holder, property, label, names) {
    const set = (value) => this.editing.set(holder, property, value);
    return this.box(holder.get(property), set, label, names);
  }

  box(expression, set, label, names) {
    const kind = expression?.$type.slice(4);
    const body = expression ? this.body(kind, expression, label, names) : make("p.muted", {}, say("还没有内容，请选择写法。", "Nothing here yet: choose a kind."));
    return make("div.boxed", { "data-kind": kind ?? "none" }, this.chooser(kind, set, label), body);
  }

  chooser(kind, set, label) {
    if (this.isReadOnly) return make("span.boxed-kind", {}, KINDS[kind] ?? kind ?? "");
    const kinds = kind && !OFFERED.includes(kind) ? [...OFFERED, kind] : OFFERED;
    const options = kinds.map((name) => make("option", { value: name, selected: name === kind }, KINDS[name] ?? name));
    const none = kind ? [] : [make("option", { value: "", selected: true }, say("（选择写法）", "(choose)"))];
    const onchange = (event) => event.target.value && set(this.editing.fresh(event.target.value));
    return make("select.form-select.form-select-sm.boxed-kind", { "aria-label": say("{label}：写法", "{label}: kind", { label }), onchange }, ...none, ...options);
  }

  body(kind, expression, label, names) {
    const draw = {
      LiteralExpression: () => this.feel(expression, "text", label, names), Context: () => this.drawContext(expression, label, names),
      List: () => this.drawList(expression, label, names), Relation: () => this.drawRelation(expression, label, names),
      Invocation: () => this.drawInvocation(expression, label, names), FunctionDefinition: () => this.drawFunction(expression, label, names),
      DecisionTable: () => drawTable(this, expression, label, names),
    }[kind];
    if (draw) return draw();
    return PARTS[kind] ? this.drawParts(kind, expression, label, names) : make("p.note.warn", {}, say("这种写法（{kind}）不能在此显示。", "This kind ({kind}) cannot be shown here.", { kind }));
  }

  feel(holder, property, label, names, kind = "formal") {
    const set = (text) => this.editing.type(holder, property, text);
    const { element, field } = feelBox({ ...this.help, names }, { kind, label, value: holder.get(property) ?? "", set, isReadOnly: this.isReadOnly });
    this.fields.push(field);
    return element;
  }

  // Later entries see the earlier ones; an entry without a name is the result.
  drawContext(context, label, names) {
    let known = names;
    const rows = context.get("contextEntry").map((entry) => {
      const name = entry.variable?.name;
      const told = name ?? say("结果", "Result");
      const head = entry.variable ? this.name(entry.variable, say("{label} 的项", "Entry of {label}", { label })) : make("em", {}, told);
      const row = this.row(head, this.slot(entry, "value", told, known), () => this.editing.remove(context, "contextEntry", entry), told);
      if (name) known = [...known, name];
      return row;
    });
    const add = () => {
      const entries = context.get("contextEntry");
      const at = entries.findIndex((entry) => !entry.variable);
      const made = this.editing.entry(free("a", entries.map((entry) => entry.variable?.name)));
      this.editing.set(context, "contextEntry", at < 0 ? [...entries, made] : [...entries.slice(0, at), made, ...entries.slice(at)]);
    };
    const hasResult = context.get("contextEntry").some((entry) => !entry.variable);
    const end = () => this.editing.insert(context, "contextEntry", this.editing.create("ContextEntry", { value: this.editing.literal() }));
    return this.grid(label, rows, this.button(say("添加项", "Add an entry"), add), hasResult ? null : this.button(say("添加结果", "Add a result"), end));
  }

  drawList(list, label, names) {
    const rows = list.get("elements").map((item, index) => {
      const told = `${label} ${index + 1}`;
      const set = (value) => this.editing.replace(list, "elements", item, value);
      return this.row(make("span.num", {}, String(index + 1)), this.box(item, set, told, names), () => this.editing.remove(list, "elements", item), told);
    });
    return this.grid(label, rows, this.button(say("添加一项", "Add an item"), () => this.editing.insert(list, "elements", this.editing.literal())));
  }

  drawRelation(relation, label, names) {
    const columns = relation.get("column");
    const head = columns.map((column) => make("th", { scope: "col" }, this.name(column, say("列", "Column")), this.remover(() => this.dropColumn(relation, column), column.name)));
    const rows = relation.get("row").map((row, index) => make("tr", {},
      ...row.get("elements").map((cell, at) => make("td", {}, this.box(cell, (value) => this.editing.replace(row, "elements", cell, value), `${columns[at]?.name ?? ""} ${index + 1}`, names))),
      make("td", {}, this.remover(() => this.editing.remove(relation, "row", row), String(index + 1)))));
    const addRow = () => this.editing.insert(relation, "row", this.editing.create("List", { elements: columns.map(() => this.editing.literal()) }));
    return make("div", {}, make("table.boxed-table", { "aria-label": label }, make("thead", {}, make("tr", {}, ...head, make("td", {}))), make("tbody", {}, ...rows)),
      this.bar(this.button(say("添加行", "Add a row"), addRow), this.button(say("添加列", "Add a column"), () => this.addColumn(relation))));
  }

  // Columns and cells change together: the rows are new, so that one step back undoes both.
  addColumn(relation) {
    const rows = relation.get("row").map((row) => this.editing.create("List", { elements: [...row.get("elements"), this.editing.literal()] }));
    const columns = relation.get("column");
    const made = this.editing.named(free("a", columns.map((column) => column.name)));
    this.editing.change([relation, "row", rows], [relation, "column", [...columns, made]]);
  }

  dropColumn(relation, column) {
    const at = relation.get("column").indexOf(column);
    const rows = relation.get("row").map((row) => this.editing.create("List", { elements: without(row.get("elements"), at) }));
    this.editing.change([relation, "row", rows], [relation, "column", without(relation.get("column"), at)]);
  }

  drawInvocation(invocation, label, names) {
    const called = this.row(make("em", {}, say("被调用的函数", "Function called")), this.slot(invocation, "calledFunction", say("被调用的函数", "Function called"), names));
    const rows = invocation.get("binding").map((binding) => this.row(this.name(binding.parameter, say("参数", "Parameter")),
      this.slot(binding, "bindingFormula", binding.parameter?.name ?? "", names), () => this.editing.remove(invocation, "binding", binding), binding.parameter?.name));
    const add = () => this.editing.insert(invocation, "binding", this.editing.create("Binding", { parameter: this.editing.named("a"), bindingFormula: this.editing.literal() }));
    return this.grid(label, [called, ...rows], this.button(say("添加参数", "Add a parameter"), add));
  }

  drawFunction(definition, label, names) {
    const parameters = definition.get("formalParameter");
    const inner = [...names, ...parameters.map((parameter) => parameter.name).filter(Boolean)];
    const rows = parameters.map((parameter) => this.row(make("em", {}, say("参数", "Parameter")), this.name(parameter, say("参数", "Parameter")),
      () => this.editing.remove(definition, "formalParameter", parameter), parameter.name));
    const add = () => this.editing.insert(definition, "formalParameter", this.editing.named(free("a", parameters.map((parameter) => parameter.name))));
    const body = this.row(make("em", {}, say("内容", "Body")), this.slot(definition, "body", label, inner));
    return this.grid(label, [...rows, body], this.button(say("添加参数", "Add a parameter"), add));
  }

  drawParts(kind, expression, label, names) {
    const iterator = expression.$descriptor.propertiesByName.iteratorVariable;
    const inner = [...names, "item", "partial", ...(expression.iteratorVariable ? [expression.iteratorVariable] : [])];
    const variable = iterator ? [this.row(make("em", {}, say("变量", "Variable")), this.text(expression, "iteratorVariable", say("变量", "Variable")))] : [];
    const rows = PARTS[kind].map(([property, told]) => {
      const part = expression.get(property) ?? this.missing(expression, property);
      return this.row(make("em", {}, told), this.slot(part, "value", told, inner));
    });
    return this.grid(label, [...variable, ...rows]);
  }

  // A part that the file lacks is made when it is drawn; without content it changes nothing.
  missing(expression, property) {
    const made = this.editing.moddle.create("dmn:ChildExpression");
    made.$parent = expression;
    expression.set(property, made);
    return made;
  }

  name(item, label) {
    return item ? this.text(item, "name", label) : make("span");
  }

  text(holder, property, label) {
    const input = make("input.form-control.form-control-sm", { "aria-label": label, value: holder.get(property) ?? "", spellcheck: "false", readonly: this.isReadOnly });
    input.addEventListener("change", () => this.editing.set(holder, property, input.value.trim() || undefined));
    return input;
  }

  row(head, content, remove, told = "") {
    return make("tr", {}, make("th", { scope: "row" }, head), make("td", {}, content), make("td", {}, remove ? this.remover(remove, told) : null));
  }

  grid(label, rows, ...buttons) {
    return make("div", {}, make("table.boxed-table", { "aria-label": label }, make("tbody", {}, ...rows)), this.bar(...buttons));
  }

  bar(...buttons) {
    return this.isReadOnly ? "" : make("div.bar", {}, ...buttons);
  }

  button(text, onclick) {
    return this.isReadOnly ? null : make("button.btn.btn-sm.btn-link", { type: "button", onclick }, text);
  }

  remover(onclick, told = "") {
    return this.isReadOnly ? null : make("button.btn.btn-sm.btn-link", { type: "button", onclick, "aria-label": say("删除 {told}", "Remove {told}", { told }) }, "×");
  }
}

const without = (items, at) => items.filter((_item, index) => index !== at);

function free(wanted, taken) {
  let name = wanted;
  for (let number = 2; taken.includes(name); number += 1) name = `${wanted}${number}`;
  return name;
}
