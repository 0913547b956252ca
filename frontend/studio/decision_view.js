// A decision model to look at: dmn-js without a way to change anything.
import "dmn-js/dist/assets/diagram-js.css";
import "dmn-js/dist/assets/dmn-js-shared.css";
import "dmn-js/dist/assets/dmn-js-drd.css";
import "dmn-js/dist/assets/dmn-js-decision-table.css";
import "dmn-js/dist/assets/dmn-js-literal-expression.css";
import "dmn-js/dist/assets/dmn-js-boxed-expression.css";
import "dmn-js/dist/assets/dmn-font/css/dmn-embedded.css";
import "./shared/studio.css";
import "./decision/decision.css";
import Viewer from "dmn-js/lib/NavigatedViewer";
import { modernised } from "./decision/boxed/versions.js";
import { DECISION_WORDS } from "./decision/dictionary.js";
import { drawViews, withOurViews } from "./decision/views.js";
import { make } from "./shared/dom.js";
import { say } from "./shared/language.js";
import { translateDom, translator, untranslated } from "./shared/translation.js";

const page = document.getElementById("editor");
const settings = JSON.parse(page.dataset.settings);
const canvas = document.getElementById("canvas");
const words = { additionalModules: [{ translate: ["value", translator(DECISION_WORDS)] }] };
const DecisionViewer = withOurViews(Viewer);
const viewer = new DecisionViewer({
  container: canvas, drd: words, decisionTable: words, knowledgeTable: words, literalExpression: words, boxedExpression: words,
  nestedBoxes: { help: {}, isReadOnly: true },
});

translateDom(canvas, DECISION_WORDS, { within: ".dmn-js-parent", skip: "svg, td, .decision-name, .dms-decision-name" });
viewer.on("views.changed", () => drawViews(document.getElementById("views"), viewer));
window.studio = { modeler: viewer, untranslated }; // for the browser tests
try {
  await viewer.importXML(modernised(settings.text).text);
  const main = viewer.getViews().find((view) => view.element.id === settings.key);
  if (main && viewer.getActiveView() !== main) await viewer.open(main);
  page.dataset.ready = "yes";
} catch (error) {
  document.getElementById("trouble").replaceChildren(make("p.note.late", {}, say("决策没有打开：{why}", "The decision did not open: {why}", { why: error.message })));
}
