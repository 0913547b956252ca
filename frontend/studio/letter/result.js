// What typesetting a letter gave: its pages as pictures and its mistakes, in the places of the page made for them.
import { setDiagnostics } from "@codemirror/lint";
import { EditorView } from "@codemirror/view";
import { make } from "../shared/dom.js";
import { say } from "../shared/language.js";

const place = (id) => document.getElementById(id);

// Shows the pages and mistakes of a letter that was typeset; a mistake leads to its place in the editor `view`.
export function tell(view, { pages, count, mistakes }) {
  const failed = mistakes.some(({ severity }) => severity === "error");
  if (!failed) {
    const pictures = pages.map((page, at) => make("img", {
      src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(page)}`,
      alt: say("第 {n} 页，共 {count} 页", "Page {n} of {count}", { n: at + 1, count }),
    }));
    place("pages").replaceChildren(...pictures);
    delete place("pages").dataset.stale;
  }
  place("preview-state").textContent = failed ? failure()
    : count > pages.length ? say("共 {count} 页，显示前 {n} 页", "{count} pages, the first {n} shown", { count, n: pages.length })
      : say("共 {count} 页", "{count} page(s)", { count });
  const rows = mistakes.map((mistake) => make("li", {},
    make(`span.pill.${mistake.severity === "error" ? "late" : "warn"}`, {}, mistake.severity === "error" ? say("错误", "Error") : say("提醒", "Warning")),
    mistake.line ? make("button.btn.btn-sm.btn-outline-secondary", { type: "button", onclick: () => go(view, mistake.line, mistake.column) },
      say("第 {line} 行第 {column} 列", "line {line}, column {column}", mistake)) : null,
    make("span", {}, mistake.file ? `${mistake.file}：${mistake.message}` : mistake.message)));
  place("mistakes").replaceChildren(rows.length ? make("ul.letter-mistakes", {}, ...rows)
    : make("p.muted", {}, say("模板可以排版。", "The template can be typeset.")));
  view.dispatch(setDiagnostics(view.state, mistakes.filter(({ line }) => line).map((mistake) => {
    const from = positionOf(view, mistake.line, mistake.column);
    const to = Math.min(from + 1, view.state.doc.lineAt(from).to);
    return { from, to: Math.max(from, to), severity: mistake.severity, message: mistake.message };
  })));
}

const failure = () => (place("pages").childElementCount ? say("模板有误，下面是上一次的样子", "The template has errors; these pages are old")
  : say("模板有误，不能排版", "The template has errors and cannot be typeset"));

function positionOf(view, line, column) {
  const found = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
  return Math.min(found.from + Math.max(column - 1, 0), found.to);
}

export function go(view, line, column) {
  const anchor = positionOf(view, line, column);
  view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
  view.focus();
}
