// dmn-js with our words, types and two more views: tables of business knowledge open like those of decisions, and what it
// has no view of opens as nested boxes.
import Modeler from "dmn-js/lib/Modeler";
import { BoxedViewer, opensBoxed } from "./boxed/viewer.js";
import { describeNewer } from "./boxed/versions.js";
import { translator } from "../shared/translation.js";
import { DECISION_WORDS } from "./dictionary.js";

const TYPES = ["string", "number", "boolean", "date", "time", "dateTime", "dayTimeDuration", "yearMonthDuration", "context", "Any"];
const words = { translate: ["value", translator(DECISION_WORDS)] };

class DecisionModeler extends Modeler {
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
}

function hasTable(element) {
  return element.$type === "dmn:BusinessKnowledgeModel" && element.encapsulatedLogic?.body?.$type === "dmn:DecisionTable";
}

// The table's view looks for a decision's logic; what is not in the model's description is never written out.
function lendTable(element) {
  if ("decisionLogic" in element) return;
  Object.defineProperty(element, "decisionLogic", { enumerable: false, get: () => element.encapsulatedLogic.body });
}

export function makeModeler(container, help) {
  const views = ["drd", "decisionTable", "knowledgeTable", "literalExpression", "boxedExpression"];
  const options = Object.fromEntries(views.map((view) => [view, { additionalModules: [words] }]));
  return new DecisionModeler({ container, common: { dataTypes: TYPES }, ...options, nestedBoxes: { help } });
}
