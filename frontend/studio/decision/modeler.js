// dmn-js as an editor, with our words, types and views.
import Modeler from "dmn-js/lib/Modeler";
import { translator } from "../shared/translation.js";
import { DECISION_WORDS } from "./dictionary.js";
import { withOurViews } from "./views.js";

const TYPES = ["string", "number", "boolean", "date", "time", "dateTime", "dayTimeDuration", "yearMonthDuration", "context", "Any"];
const words = { translate: ["value", translator(DECISION_WORDS)] };
const DecisionModeler = withOurViews(Modeler);

export function makeModeler(container, help) {
  const views = ["drd", "decisionTable", "knowledgeTable", "literalExpression", "boxedExpression"];
  const options = Object.fromEntries(views.map((view) => [view, { additionalModules: [words] }]));
  return new DecisionModeler({ container, common: { dataTypes: TYPES }, ...options, nestedBoxes: { help } });
}
