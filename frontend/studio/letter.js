// The letter editor: a typst template with line numbers, mistakes where they are, and its pages with sample data.
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import "./shared/studio.css";
import "./letter/letter.css";
import { download, make } from "./shared/dom.js";
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
    tell(found);
  } catch (error) {
    if (error.name === "AbortError") return;
    place("preview-state").textContent = error.status ? error.message : say("服务器没有回答，预览未更新", "No answer; the preview is old");
  }
}

function tell({ pages, count, mistakes }) {
  const failed = mistakes.some(({ severity }) => severity === "error");
  if (!failed) {
    const pictures = pages.map((page, at) => make("img", {
      src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(page)}`,
      alt: say("第 {n} 页，共 {count} 页", "Page {n} of {count}", { n: at + 1, count }),
    }));
    place("pages").replaceChildren(...pictures);
    delete place("pages").dataset.stale;
  }
  place("preview-state").textContent = failed ? say("模板有误，下面是上一次的样子", "The template has errors; these pages are old")
    : count > pages.length ? say("共 {count} 页，显示前 {n} 页", "{count} pages, the first {n} shown", { count, n: pages.length })
      : say("共 {count} 页", "{count} page(s)", { count });
  const rows = mistakes.map((mistake) => make("li", {},
    make(`span.pill.${mistake.severity === "error" ? "late" : "warn"}`, {}, mistake.severity === "error" ? say("错误", "Error") : say("提醒", "Warning")),
    mistake.line ? make("button.btn.btn-sm.btn-outline-secondary", { type: "button", onclick: () => go(mistake.line, mistake.column) },
      say("第 {line} 行第 {column} 列", "line {line}, column {column}", mistake)) : null,
    make("span", {}, mistake.file ? `${mistake.file}：${mistake.message}` : mistake.message)));
  place("mistakes").replaceChildren(rows.length ? make("ul.letter-mistakes", {}, ...rows)
    : make("p.muted", {}, say("模板可以排版。", "The template can be typeset.")));
  view.dispatch(setDiagnostics(view.state, mistakes.filter(({ line }) => line).map((mistake) => {
    const from = positionOf(mistake.line, mistake.column);
    const to = Math.min(from + 1, view.state.doc.lineAt(from).to);
    return { from, to: Math.max(from, to), severity: mistake.severity, message: mistake.message };
  })));
}

function positionOf(line, column) {
  const found = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
  return Math.min(found.from + Math.max(column - 1, 0), found.to);
}

function go(line, column) {
  const anchor = positionOf(line, column);
  view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
  view.focus();
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
if (line) go(line, 1);
window.studio = { view, read }; // for the browser tests
place("editor").dataset.ready = "yes";
