// A diagram to look at: bpmn-js without a way to change anything, beside the same properties as in the editor.
import "./shared/studio.css";
import "./process/process.css";
import { make } from "./shared/dom.js";
import { getJson } from "./shared/http.js";
import { say } from "./shared/language.js";
import { Diagrams } from "./process/diagrams.js";
import { makeHelp, makeOptions } from "./process/options.js";
import { mountPanel } from "./process/panel/panel.jsx";
import { elementsOf, goTo, usedStates } from "./process/registry.js";
import { createViewer } from "./process/viewer.js";

const page = document.getElementById("editor");
const settings = JSON.parse(page.dataset.settings);
const viewer = createViewer(document.getElementById("canvas"));

async function begin() {
  const catalogue = await getJson(settings.catalogueUrl);
  const { warnings } = await viewer.importXML(settings.text);
  await new Diagrams(viewer, settings.key, document.querySelector(".process-editor"), () => viewer.get("canvas").zoom("fit-viewport", "auto")).openMain();
  viewer.get("canvas").zoom("fit-viewport", "auto");
  const studio = {
    modeler: viewer, settings, catalogue, options: makeOptions(catalogue, settings.key), isReadOnly: true,
    help: { ...makeHelp(settings, catalogue), isReadOnly: true },
    elementsOf: (type) => elementsOf(viewer, type), usedStates: () => usedStates(viewer),
  };
  mountPanel(document.getElementById("properties"), studio);
  tell(warnings.map(({ message }) => message));
  if (location.hash) goTo(viewer, decodeURIComponent(location.hash.slice(1)));
  page.dataset.ready = "yes";
}

function tell(messages) {
  if (messages.length) document.getElementById("trouble").replaceChildren(make("ul.findings", {}, ...messages.map((message) => make("li", {}, message))));
}

window.studio = { modeler: viewer }; // for the browser tests
begin().catch((error) => tell([say("流程图没有打开：{why}", "The diagram did not open: {why}", { why: error.message })]));
