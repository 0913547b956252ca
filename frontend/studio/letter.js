// The letter editor: a typst template with line numbers, mistakes where they are, and its pages with sample data.
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { lintGutter } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import "./shared/studio.css";
import "./letter/letter.css";
import { go, tell } from "./letter/result.js";
import { download } from "./shared/dom.js";
import { postJson } from "./shared/http.js";
import { say } from "./shared/language.js";
import { Session } from "./session.js";

const QUIET = 800;
const settings = JSON.parse(document.getElementById("editor").dataset.settings);
const place = (id) => document.getElementById(id);
const form = place("preview-form");

let saved = "";
let timer;
let asked;

const view = new EditorView({ parent: place("text"), state: stateOf("") });
const read = () => view.state.doc.toString();
const session = new Session(settings, { read: async () => read(), show });

function stateOf(text) {
  return EditorState.create({
    doc: text,
    extensions: [
      lineNumbers(), history(), highlightActiveLine(), lintGutter(), EditorView.lineWrapping,
      keymap.of([...defaultKeymap, ...historyKeymap]),
      EditorView.contentAttributes.of({ "aria-label": place("text").dataset.label, spellcheck: "false" }),
      EditorView.updateListener.of((update) => update.docChanged && changed()),
    ],
  });
}

async function show(text) {
  saved = text;
  view.setState(stateOf(text));
  await look();
}

function changed() {
  const text = read();
  if (text === saved) return;
  saved = text;
  session.changed();
  later();
}

function later() {
  clearTimeout(timer);
  place("pages").dataset.stale = "yes";
  timer = setTimeout(look, QUIET);
}

async function look() {
  asked?.abort();
  asked = new AbortController();
  place("preview-state").textContent = say("正在排版…", "Typesetting…");
  const { letter, data } = form.elements;
  const body = { text: read(), letter: letter.value, data: data.value };
  try {
    const found = await postJson(settings.previewUrl, body, { signal: asked.signal });
    if (!body.data) data.value = found.data;
    tell(view, found);
  } catch (error) {
    if (error.name === "AbortError") return;
    place("preview-state").textContent = error.status ? error.message : say("服务器没有回答，预览未更新", "No answer; the preview is old");
  }
}

document.addEventListener("click", (event) => {
  const { insert, act } = event.target.closest("button")?.dataset ?? {};
  if (insert) {
    view.dispatch(view.state.replaceSelection(`#plain(get("${insert}"))`));
    view.focus();
  } else if (act === "typ") download(`${settings.key}.typ`, read(), "text/plain");
});
form.addEventListener("submit", () => { form.elements.text.value = read(); });
form.addEventListener("change", (event) => {
  if (event.target.id === "source") form.elements.data.value = settings.samples[event.target.value] ?? "";
  else if (event.target.id === "letter") form.elements.data.value = "";
  look();
});

form.elements.data.value = settings.samples[place("source")?.value] ?? "";
await show(await session.load());
const line = Number(location.hash.match(/^#L(\d+)$/)?.[1]); // where a finding of the check page leads
if (line) go(view, line, 1);
window.studio = { view, read }; // for the browser tests
place("editor").dataset.ready = "yes";
