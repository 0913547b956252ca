// Changes of boxed expressions: every one is an assignment to a property, so that every one can be taken back.
export class Editing {
  constructor(moddle, changed) {
    Object.assign(this, { moddle, changed, done: [] });
  }

  set(holder, property, value) {
    if (holder.get(property) !== value) this.change([holder, property, value]);
  }

  // Several assignments that are taken back together.
  change(...assignments) {
    this.done.push(assignments.map(([holder, property]) => [holder, property, copy(holder.get(property))]));
    for (const [holder, property, value] of assignments) assign(holder, property, value);
    this.changed(true);
  }

  // What the author types: the field shows it already, and all of it is one step.
  type(holder, property, text) {
    const [[last, name] = []] = this.done.at(-1) ?? [];
    if (last !== holder || name !== property) this.done.push([[holder, property, holder.get(property)]]);
    holder.set(property, text);
    this.changed(false);
  }

  undo() {
    for (const [holder, property, value] of this.done.pop() ?? []) holder.set(property, value);
    this.changed(true);
  }

  insert(holder, property, item) {
    this.set(holder, property, [...holder.get(property), item]);
  }

  remove(holder, property, item) {
    this.set(holder, property, holder.get(property).filter((other) => other !== item));
  }

  replace(holder, property, item, other) {
    this.set(holder, property, holder.get(property).map((each) => (each === item ? other : each)));
  }

  create(type, properties = {}) {
    const made = this.moddle.create(`dmn:${type}`, properties);
    if (made.$descriptor.propertiesByName.id) made.id = this.moddle.ids.nextPrefixed(`${type}_`, made);
    for (const value of Object.values(properties)) adopt(made, value);
    return made;
  }

  named(name) {
    return this.create("InformationItem", { name });
  }

  literal(text = "") {
    return this.create("LiteralExpression", { text });
  }

  // An expression of a kind as it begins.
  fresh(kind) {
    const begin = {
      Context: () => ({ contextEntry: [this.entry("a"), this.create("ContextEntry", { value: this.literal() })] }),
      List: () => ({ elements: [this.literal()] }),
      Relation: () => ({ column: [this.named("a")], row: [this.create("List", { elements: [this.literal()] })] }),
      Invocation: () => ({ calledFunction: this.literal(), binding: [this.create("Binding", { parameter: this.named("a"), bindingFormula: this.literal() })] }),
      FunctionDefinition: () => ({ formalParameter: [this.named("a")], body: this.literal() }),
      DecisionTable: () => this.table(),
    }[kind];
    return this.create(kind, begin ? begin() : {});
  }

  entry(name) {
    return this.create("ContextEntry", { variable: this.named(name), value: this.literal() });
  }

  table() {
    return {
      input: [this.create("InputClause", { inputExpression: this.literal() })],
      output: [this.create("OutputClause", { name: "result" })],
      rule: [this.create("DecisionRule", { inputEntry: [this.create("UnaryTests", { text: "-" })], outputEntry: [this.literal()] })],
    };
  }
}

const copy = (value) => (Array.isArray(value) ? [...value] : value);

function assign(holder, property, value) {
  adopt(holder, value);
  holder.set(property, value);
}

function adopt(holder, value) {
  for (const item of [value].flat()) if (item?.$type) item.$parent = holder;
}
