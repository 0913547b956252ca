// The process editor: bpmn-js between our server (drafts, checks, proof, layout, import) and our properties panel.
import "./shared/studio.css";
import "./process/process.css";
import { make } from "./shared/dom.js";
import { getJson } from "./shared/http.js";
import { say } from "./shared/language.js";
import { bindActions } from "./process/actions.js";
import { inventory, removed } from "./process/extensions.js";
import { Diagrams } from "./process/diagrams.js";
import { Findings } from "./process/findings.js";
import { createModeler } from "./process/modeler.js";
import { makeHelp, makeOptions } from "./process/options.js";
import { mountPanel } from "./process/panel/panel.jsx";
import { elementsOf, usedStates } from "./process/registry.js";
import { RunPlayer } from "./process/run.js";
import { translatePage, untranslated } from "./process/translation.js";
import { Session } from "./session.js";

const page = document.getElementById("editor");
const settings = JSON.parse(page.dataset.settings);
const canvas = document.getElementById("canvas");
const verdict = document.getElementById("verdict");
const modeler = createModeler(canvas);

const studio = {
  modeler, settings, catalogue: {}, options: {}, help: {},
  read: async () => (await modeler.saveXML({ format: true })).xml,
  // A whole diagram from elsewhere: it is saved like an edit.
  replace: async (text, isForeign = false) => {
    const before = await studio.read();
    try {
      await open(text, isForeign);
    } catch (error) {
      await open(before);
      throw error;
    }
    session.changed();
    findings.schedule();
  },
  // All of the diagram, beside the palette.
  fit: () => {
    const view = modeler.get("canvas");
    view.zoom("fit-viewport");
    const { inner, outer } = view.viewbox();
    const ratio = outer.height / outer.width;
    const width = Math.max(inner.width * 1.17, (inner.height * 1.2) / ratio);
    view.viewbox({ x: inner.x - width * 0.13, y: inner.y + (inner.height - width * ratio) / 2, width, height: width * ratio });
  },
  tell: (...words) => notice.replaceChildren(...words.filter(Boolean)),
  elementsOf: (type) => elementsOf(modeler, type),
  usedStates: () => usedStates(modeler),
};

const diagrams = new Diagrams(modeler, settings.key, document.getElementById("verdict"), studio.fit);
const notice = make("div.studio-notice", { role: "status" });
page.prepend(notice);

let sent = null;
const session = new Session(settings, {
  read: () => {
    sent = inventory(modeler.getDefinitions());
    return studio.read();
  },
  show: async (text) => {
    studio.taken = null;
    await open(text);
    findings.schedule();
  },
  // What the author took away on purpose; the server refuses any other loss.
  extra: () => ({ removed: removed(studio.taken, sent) }),
  refused: (found) => found.length && studio.tell(make("ul.findings", {}, ...found.map((item) => make("li", {}, say(item.message_zh, item.message_en))))),
  saved: () => {
    studio.taken = sent;
  },
});

const findings = new Findings(modeler, settings, {
  read: studio.read, verdict, list: document.getElementById("findings"),
  onVariables: (variables) => {
    const from = (id) => id && (modeler.get("elementRegistry").get(id)?.businessObject.name || id);
    studio.help.variables = [...variables.map((item) => ({ name: item.name, from: from(item.element_id) })), ...studio.help.parameters];
  },
});
studio.player = new RunPlayer(modeler, settings, document.getElementById("run"), studio.read);

// Saving after a warning of the import would drop what could not be read. An unknown attribute is kept as it is; of a
// foreign diagram the author has seen what is dropped.
async function open(text, isForeign = false) {
  session.unblock();
  const before = modeler.get("canvas").viewbox();
  const { warnings } = await modeler.importXML(text);
  await diagrams.openMain();
  const losses = warnings.filter((warning) => !warning.message.startsWith("unknown attribute"));
  studio.tell();
  if (losses.length) {
    const told = say("有 {n} 处内容无法读入编辑器", "{n} parts could not be read into the editor", { n: losses.length });
    if (!isForeign) session.block(told);
    studio.tell(told, make("ul.findings", {}, ...losses.map((warning) => make("li", {}, warning.message))));
  }
  studio.taken ??= inventory(modeler.getDefinitions());
  if (before.outer?.width && studio.isOpen) modeler.get("canvas").viewbox({ x: before.x, y: before.y, width: before.width, height: before.height });
  else studio.fit();
  studio.isOpen = true;
}

async function begin() {
  const [catalogue, text] = await Promise.all([getJson(settings.catalogueUrl), session.load()]);
  studio.catalogue = catalogue;
  studio.options = makeOptions(catalogue, settings.key);
  studio.help = makeHelp(settings, catalogue);
  translatePage(canvas);
  await open(text);
  mountPanel(document.getElementById("properties"), studio);
  bindActions(studio);
  modeler.on("commandStack.changed", ({ trigger }) => {
    if (trigger === "clear") return;
    session.changed();
    findings.schedule();
  });
  await findings.refresh();
  if (location.hash) findings.goTo(decodeURIComponent(location.hash.slice(1))); // where a finding of the check page leads
  page.dataset.ready = "yes";
}

// For tests and for the curious: the editor as a whole.
window.studio = Object.assign(studio, { untranslated, session });
begin().catch((error) => studio.tell(say("编辑器没有打开：{why}", "The editor did not open: {why}", { why: error.message })));
