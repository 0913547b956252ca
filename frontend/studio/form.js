// The form editor: form-js in our words, our own properties, what the server would refuse, and our own preview.
import "@bpmn-io/form-js-viewer/dist/assets/form-js.css";
import "@bpmn-io/form-js-editor/dist/assets/form-js-editor.css";
import "./shared/studio.css";
import "./form/form.css";
import { FormEditor } from "@bpmn-io/form-js-editor";
import { FORM_WORDS } from "./form/dictionary.js";
import { Findings } from "./form/findings.js";
import { OurProperties } from "./form/properties.js";
import { FileOfForm, writeSchema } from "./form/schema.js";
import { download, make } from "./shared/dom.js";
import { postJson } from "./shared/http.js";
import { say } from "./shared/language.js";
import { translateDom, untranslated } from "./shared/translation.js";
import { Session } from "./session.js";

const QUIET = 900;
const settings = JSON.parse(document.getElementById("editor").dataset.settings);
const place = (id) => document.getElementById(id);

let file = new FileOfForm({}, {});
let saved = "";
let timer;

const editor = new FormEditor({
  container: place("canvas"),
  palette: { parent: place("palette") },
  propertiesPanel: { parent: place("properties") },
  ourProperties: settings.vocabulary,
  additionalModules: [{ __init__: ["ourPropertiesProvider"], ourPropertiesProvider: ["type", OurProperties] }],
});
const read = () => writeSchema(file.clean(editor.saveSchema()));
const session = new Session(settings, { read: async () => read(), show });
const findings = new Findings(place("findings"), place("canvas"), {
  select: (id) => {
    const field = editor.get("formFieldRegistry").get(id);
    if (!field) return;
    editor.get("selection").set(field);
    place("canvas").querySelector(`.fjs-element[data-id="${CSS.escape(id)}"]`)?.scrollIntoView({ block: "center" });
  },
  label: (id) => {
    const field = editor.get("formFieldRegistry").get(id);
    return field ? field.label || field.dateLabel || field.properties?.label || id : "";
  },
});

async function load(text) {
  await editor.importSchema(JSON.parse(text));
  file = new FileOfForm(JSON.parse(text), editor.saveSchema());
}

async function show(text) {
  try {
    await load(text);
  } catch (error) {
    session.block(say("编辑器读不了此文件：{why}", "the editor cannot read this file: {why}", { why: error.message }));
    place("findings").replaceChildren(make("p.note.late", {}, error.message));
    return;
  }
  saved = read();
  look();
}

function changed() {
  const text = read();
  if (text === saved) return;
  saved = text;
  session.changed();
  clearTimeout(timer);
  timer = setTimeout(look, QUIET);
}

async function look() {
  const text = read();
  place("preview-form").elements.schema.value = text;
  place("preview-form").submit();
  try {
    findings.show((await postJson(settings.findingsUrl, { text })).findings);
  } catch (error) {
    if (error.status) place("findings").replaceChildren(make("p.note.late", {}, error.message));
  }
}

function choose(button, name, value) {
  for (const other of document.querySelectorAll(`[data-${name}]`)) {
    other.classList.toggle("active", other === button);
    other.setAttribute("aria-pressed", String(other === button));
  }
  if (name === "width") {
    place("preview").dataset.width = value;
  } else {
    place("preview-form").elements.language.value = value;
    place("preview-form").submit();
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.width) choose(button, "width", button.dataset.width);
  else if (button?.dataset.language) choose(button, "language", button.dataset.language);
  else if (["undo", "redo"].includes(button?.dataset.act)) editor.get("editorActions").trigger(button.dataset.act);
  else if (button?.dataset.act === "json") download(`${settings.key.split("/").pop()}.json`, read(), "application/json");
});
place("sample").addEventListener("change", () => place("preview-form").submit());

translateDom(place("editor"), FORM_WORDS, {
  within: ".form-palette, .form-properties, .form-canvas, .bio-properties-panel-popup, .fjs-properties-panel",
  quiet: ".form-canvas",
  skip: ".bio-properties-panel-header-label, .bio-properties-panel-collapsible-entry-header-title, [data-group-id^='group-ours']",
});
editor.on("changed", changed);
await show(await session.load());
if (location.hash) findings.select(decodeURIComponent(location.hash.slice(1))); // where a finding of the check page leads
window.studio = { editor, load, read, untranslated }; // for the browser tests
place("editor").dataset.ready = "yes";
