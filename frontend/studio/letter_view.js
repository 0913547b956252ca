// A letter to look at: its template with line numbers, and its pages with sample data of one's choice.
import { lintGutter } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import "./shared/studio.css";
import "./letter/letter.css";
import { go, tell } from "./letter/result.js";
import { getJson } from "./shared/http.js";
import { say } from "./shared/language.js";

const page = document.getElementById("editor");
const settings = JSON.parse(page.dataset.settings);
const place = (id) => document.getElementById(id);
const view = new EditorView({
  parent: place("text"),
  state: EditorState.create({
    doc: settings.text,
    extensions: [
      lineNumbers(), lintGutter(), EditorView.lineWrapping, EditorState.readOnly.of(true), EditorView.editable.of(false),
      EditorView.contentAttributes.of({ "aria-label": place("text").dataset.label, "aria-readonly": "true", role: "textbox", tabindex: "0" }),
    ],
  }),
});

async function look() {
  place("preview-state").textContent = say("正在排版…", "Typesetting…");
  try {
    tell(view, await getJson(`${settings.previewUrl}?${new URLSearchParams({ source: place("source")?.value ?? "", letter: place("letter")?.value ?? "" })}`));
  } catch (error) {
    place("preview-state").textContent = error.status ? error.message : say("服务器没有回答", "No answer");
  }
}

page.addEventListener("change", look);
await look();
const line = Number(location.hash.match(/^#L(\d+)$/)?.[1]);
if (line) go(view, line, 1);
page.dataset.ready = "yes";
