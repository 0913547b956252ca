// Files of other tools may hold several diagrams: the one of our process is shown first, the others can be chosen.
import { make } from "../shared/dom.js";
import { say } from "../shared/language.js";

export class Diagrams {
  constructor(modeler, key, neighbour, shown = () => {}) {
    Object.assign(this, { modeler, key, shown });
    this.label = make("label.diagram-choice", { hidden: true }, say("图：", "Diagram: "));
    this.choice = make("select.form-select.form-select-sm", { onchange: () => this.open(this.all()[this.choice.selectedIndex]) });
    this.label.append(this.choice);
    neighbour.before(this.label);
  }

  all() {
    return this.modeler.getDefinitions().diagrams ?? [];
  }

  async openMain() {
    const all = this.all();
    const main = all.find(({ plane }) => this.isOurs(plane?.bpmnElement)) ?? all[0];
    this.label.hidden = all.length < 2;
    this.choice.replaceChildren(...all.map((diagram) => make("option", { selected: diagram === main }, nameOf(diagram))));
    if (main && main !== all[0]) await this.modeler.open(main);
  }

  async open(diagram) {
    await this.modeler.open(diagram);
    this.shown();
  }

  isOurs(element) {
    return element?.id === this.key || (element?.participants ?? []).some(({ processRef }) => processRef?.id === this.key);
  }
}

const nameOf = ({ name, id, plane }) => name || plane?.bpmnElement?.name || plane?.bpmnElement?.id || id || "";
