// A view of dmn-js for what it has no view of: decisions and knowledge made of contexts, lists, relations, invocations,
// functions, conditions and iterations, or of nothing yet. A form of nested boxes, every expression a FEEL field.
import { make } from "../../shared/dom.js";
import { say } from "../../shared/language.js";
import { Drawing } from "./drawing.js";
import { Editing } from "./editing.js";

const OTHERS = new Set(["dmn:DecisionTable", "dmn:LiteralExpression"]);

export const logicOf = (element) => (element.$type === "dmn:Decision" ? element.decisionLogic : element.encapsulatedLogic?.body);

export function opensBoxed(element) {
  return ["dmn:Decision", "dmn:BusinessKnowledgeModel"].includes(element.$type) && !OTHERS.has(logicOf(element)?.$type);
}

export class BoxedViewer {
  constructor({ help, isReadOnly, additionalModules }) {
    const given = Object.assign({}, ...additionalModules);
    this.listeners = {};
    this.help = help;
    this.isReadOnly = isReadOnly;
    this.manager = given._parent[1];
    this.container = make("div.boxed-view", { "data-ours": true, role: "region", tabindex: "0", "aria-label": say("嵌套表达式", "Boxed expression") });
    this.editing = new Editing(given.moddle[1], (redraw) => this.changed(redraw));
  }

  on(event, listener) {
    (this.listeners[event] ??= []).push(listener);
  }

  fire(event, payload = {}) {
    for (const listener of this.listeners[event] ?? []) listener(payload);
  }

  attachTo(parent) {
    parent.append(this.container);
  }

  detach() {
    this.container.remove();
  }

  clear() {
    this.drawing?.destroy();
    this.container.replaceChildren();
  }

  destroy() {
    this.clear();
    this.detach();
  }

  async open(element) {
    if (element !== this.element) this.editing.done = [];
    this.element = element;
    this.draw();
    return { warnings: [] };
  }

  changed(redraw) {
    this.undoButton.disabled = !this.editing.done.length;
    if (!opensBoxed(this.element)) {
      this.leave();
      return;
    }
    if (redraw) this.draw();
    this.fire("commandStack.changed");
  }

  // The new logic has a view of the library: close this one before the list of views is made anew.
  async leave() {
    const { element, manager } = this;
    await manager._clear();
    this.fire("elements.changed", { elements: [element] });
    await manager.open(manager.getView(element));
    this.fire("commandStack.changed");
  }

  draw() {
    const { container, element, editing } = this;
    const top = container.scrollTop;
    this.drawing?.destroy();
    this.drawing = new Drawing(editing, { ...this.help, names: this.names() }, this.isReadOnly);
    this.undoButton = make("button.btn.btn-sm.btn-outline-secondary", { type: "button", onclick: () => editing.undo() }, say("撤销", "Undo"));
    this.undoButton.disabled = !editing.done.length;
    const title = make("h2", {}, element.name || element.id);
    container.replaceChildren(make("div.bar", {}, title, this.isReadOnly ? null : this.undoButton), this.drawing.root(element));
    container.scrollTop = top;
  }

  // What expressions of the model can name.
  names() {
    const elements = this.manager.getDefinitions().drgElement ?? [];
    return elements.map((each) => each.variable?.name ?? each.name).filter(Boolean);
  }
}
