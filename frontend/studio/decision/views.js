// What we add to dmn-js, as editor or viewer: tables of business knowledge open like those of decisions, what it has no
// view of opens as nested boxes, and the expressions of DMN 1.4 can be read.
import { make } from "../shared/dom.js";
import { say } from "../shared/language.js";
import { describeNewer } from "./boxed/versions.js";
import { BoxedViewer, opensBoxed } from "./boxed/viewer.js";

export const withOurViews = (Manager) => class extends Manager {
  _getViewProviders() {
    const providers = super._getViewProviders();
    const tables = providers.find((provider) => provider.id === "decisionTable");
    const knowledge = { ...tables, id: "knowledgeTable", opens: hasTable };
    const boxed = { id: "nestedBoxes", constructor: BoxedViewer, opens: opensBoxed };
    return [knowledge, boxed, ...providers];
  }

  _createModdle(options) {
    const moddle = super._createModdle(options);
    describeNewer(moddle);
    return moddle;
  }

  _getViewer(view) {
    if (view.type === "knowledgeTable") lendTable(view.element);
    return super._getViewer(view);
  }
};

function hasTable(element) {
  return element.$type === "dmn:BusinessKnowledgeModel" && element.encapsulatedLogic?.body?.$type === "dmn:DecisionTable";
}

// The table's view looks for a decision's logic; what is not in the model's description is never written out.
function lendTable(element) {
  if ("decisionLogic" in element) return;
  Object.defineProperty(element, "decisionLogic", { enumerable: false, get: () => element.encapsulatedLogic.body });
}

export function drawViews(place, modeler) {
  const active = modeler.getActiveView();
  place.replaceChildren(...modeler.getViews().map((view) => {
    const name = view.type === "drd" ? say("决策图", "Requirements graph") : view.name || view.id;
    const current = view.element === active?.element;
    return make(`button.btn.btn-sm.${current ? "btn-primary" : "btn-outline-secondary"}`,
      { type: "button", "aria-pressed": String(current), onclick: () => modeler.open(view) }, name);
  }));
}
