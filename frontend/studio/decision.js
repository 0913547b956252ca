// The decision editor: tables, the requirements graph and expressions of one model, findings and tests below.
import "dmn-js/dist/assets/diagram-js.css";
import "dmn-js/dist/assets/dmn-js-shared.css";
import "dmn-js/dist/assets/dmn-js-drd.css";
import "dmn-js/dist/assets/dmn-js-decision-table.css";
import "dmn-js/dist/assets/dmn-js-decision-table-controls.css";
import "dmn-js/dist/assets/dmn-js-literal-expression.css";
import "dmn-js/dist/assets/dmn-js-boxed-expression.css";
import "dmn-js/dist/assets/dmn-js-boxed-expression-controls.css";
import "dmn-js/dist/assets/dmn-font/css/dmn-embedded.css";
import "./shared/studio.css";
import "./decision/decision.css";
import { modernised } from "./decision/boxed/versions.js";
import { Checks } from "./decision/checks.js";
import { DECISION_WORDS } from "./decision/dictionary.js";
import { English } from "./decision/english.js";
import { Findings } from "./decision/findings.js";
import { makeModeler } from "./decision/modeler.js";
import { inputsOf } from "./decision/values.js";
import { drawViews } from "./decision/views.js";
import { download, make } from "./shared/dom.js";
import { postJson } from "./shared/http.js";
import { say } from "./shared/language.js";
import { translateDom, untranslated } from "./shared/translation.js";
import { Session } from "./session.js";

const QUIET = 800;
const settings = JSON.parse(document.getElementById("editor").dataset.settings);
const canvas = document.getElementById("canvas");
const views = document.getElementById("views");

let decisions = [];
let saved = "";
let timer;

let restore = (text) => text;

const modeler = makeModeler(canvas, { feelUrl: settings.feelUrl, functions: settings.functions });
const read = async () => restore((await modeler.saveXML({ format: true })).xml);
const decision = () => decisions.find(({ id }) => id === settings.key);

const english = new English(document.getElementById("english"), modeler, changed);
const session = new Session(settings, { read, show });
const checks = new Checks(document.getElementById("tests"), document.getElementById("tests-verdict"), settings, {
  model: read, changed: () => checksSession.changed(),
});
const checksSession = new Session({ ...settings, fileUrl: settings.checksUrl, path: settings.checksPath, statusId: "checks-state", editorsId: "checks-editors" }, {
  read: async () => checks.read(), show: async (text) => checks.show(text),
});
const findings = new Findings(document.getElementById("findings"), canvas, {
  names: (id) => modeler.getViews().find((view) => view.element.id === id)?.name ?? "",
  show: showFinding, keep: keepWitness,
});

async function show(text) {
  let warnings;
  try {
    const known = modernised(text);
    restore = known.restore;
    ({ warnings } = await modeler.importXML(known.text));
  } catch (error) {
    session.block(say("文件无法读取：{why}", "the file cannot be read: {why}", { why: error.message }));
    return;
  }
  const losses = warnings.filter(({ message }) => !message.startsWith("unknown attribute")); // those stay as they are
  if (losses.length) session.block(say("读取时有内容不被识别：{why}", "parts of the file were not understood: {why}", { why: losses[0].message }));
  saved = await read();
  english.draw();
  const main = modeler.getViews().find((view) => view.element.id === settings.key);
  if (main && modeler.getActiveView() !== main) await modeler.open(main);
  look();
}

// Every view keeps its own stack of commands; what they have in common is that the text changes.
async function changed() {
  const text = await read();
  if (text === saved) return;
  saved = text;
  session.changed();
  english.draw();
  clearTimeout(timer);
  timer = setTimeout(look, QUIET);
}

async function look() {
  const text = await read();
  try {
    const examined = await postJson(settings.findingsUrl, { text });
    decisions = examined.decisions;
    if (decision()) checks.describe(decision());
    findings.show(examined.findings);
  } catch (error) {
    if (error.status) document.getElementById("findings").replaceChildren(make("p.note.late", {}, error.message));
  }
  checks.run();
}

async function showFinding(finding) {
  const view = modeler.getViews().find(({ element }) => element.id === finding.owner);
  if (view && modeler.getActiveView() !== view) await modeler.open(view);
  const row = finding.rows.at(-1);
  const cell = row ? canvas.querySelector(`td.rule-index[data-row-id="${CSS.escape(row)}"]`) : canvas;
  (cell ?? canvas).scrollIntoView({ block: "center" });
}

function keepWitness(finding, onlyAsk = false) {
  const inputs = finding.owner === settings.key && decision() ? inputsOf(finding.witness, decision().inputs) : null;
  if (!inputs) return false;
  if (!onlyAsk) checks.add({ name: finding.message.slice(0, 200), inputs, expected: null });
  return true;
}

async function offer() {
  const told = document.getElementById("offer-state");
  try {
    const { tests } = await postJson(settings.offerUrl, { text: await read(), base: checks.tests[0]?.inputs ?? {} });
    const known = new Set(checks.tests.map(({ name }) => name));
    const fresh = tests.filter(({ name }) => !known.has(name));
    if (fresh.length) checks.add(...fresh);
    told.textContent = fresh.length
      ? say("已添加 {n} 项，预期结果取自当前决策表，请逐项确认。", "{n} added. What is expected was taken from the table as it is: please confirm each.", { n: fresh.length })
      : say("没有新的界限可测；先添加一项填好输入的测试，界限以它为基础。", "No new limits. Add a test with all inputs first: limits are tried on top of it.");
  } catch (error) {
    told.textContent = error.message;
  }
}

document.addEventListener("click", async (event) => {
  const act = event.target.closest("[data-act]")?.dataset.act;
  if (act === "add-test") checks.add({ name: "", inputs: {}, expected: null });
  else if (act === "offer") await offer();
  else if (act === "dmn") download(`${settings.key}.dmn`, await read(), "application/xml");
});

async function loadChecks() {
  if (settings.hasChecks) {
    checks.show(await checksSession.load());
  } else {
    checksSession.watch();
    checks.show("");
  }
}

translateDom(canvas, DECISION_WORDS, { within: ".dmn-js-parent", skip: "svg, td, .decision-name, .dms-decision-name" });
modeler.on("views.changed", () => drawViews(views, modeler));
modeler.on("viewer.created", ({ viewer }) => viewer.on("commandStack.changed", changed));
await show(await session.load());
await loadChecks();
if (location.hash) await showFinding({ owner: settings.key, rows: [decodeURIComponent(location.hash.slice(1))] }); // of the check page
window.studio = { modeler, read, show, untranslated }; // for the browser tests
document.getElementById("editor").dataset.ready = "yes";
