// Findings about the tables: a list with witnesses below, and marks on the rows of the table that is shown.
import { make } from "../shared/dom.js";
import { say } from "../shared/language.js";

const TITLES = {
  gap: say("空缺", "Gap"), overlap: say("重叠", "Overlap"), unreachable: say("不起作用", "Never counts"),
  no_catch_all: say("没有兜底行", "No catch-all"), not_analysed: say("未分析", "Not analysed"), too_large: say("过大", "Too large"),
  broken: say("有误", "Wrong"),
};

export class Findings {
  // `keep(finding)` makes a test of a finding's witness, or gives null when it cannot.
  constructor(list, canvas, { names, show, keep }) {
    this.list = list;
    this.canvas = canvas;
    this.names = names;
    this.showElement = show;
    this.keep = keep;
    this.found = [];
    new MutationObserver(() => this.mark()).observe(canvas, { subtree: true, childList: true });
  }

  show(found) {
    this.found = found;
    const entries = found.map((finding) => this.entry(finding));
    this.list.replaceChildren(entries.length
      ? make("ul.decision-findings", {}, ...entries)
      : make("p.note.ok", {}, say("没有发现问题。", "Nothing found.")));
    this.mark();
  }

  entry(finding) {
    const grave = finding.severity === "error";
    const where = this.names(finding.owner);
    const go = make("button.btn.btn-link.p-0", { type: "button", onclick: () => this.showElement(finding) }, where || finding.owner);
    const test = finding.kind !== "broken" && this.keep(finding, true)
      ? make("button.btn.btn-sm.btn-outline-secondary", { type: "button", onclick: () => this.keep(finding) }, say("记为测试", "Keep as a test"))
      : null;
    return make("li", { "data-kind": finding.kind }, make(`span.pill.${grave ? "late" : "warn"}`, {}, TITLES[finding.kind] ?? finding.kind),
      where || finding.owner ? go : null, make("span", {}, finding.message), test);
  }

  // Rows that are drawn anew lose their marks, so they are set after every change of the canvas.
  mark() {
    const marks = new Map();
    for (const finding of this.found) {
      for (const row of finding.rows) marks.set(row, [...(marks.get(row) ?? []), finding]);
    }
    for (const cell of this.canvas.querySelectorAll("td.rule-index")) {
      const found = marks.get(cell.dataset.rowId);
      const state = found ? (found.some((finding) => finding.severity === "error") ? "late" : "warn") : "";
      if ((cell.dataset.finding ?? "") === state && (!found || cell.title === told(found))) continue;
      if (state) {
        cell.dataset.finding = state;
        cell.title = told(found);
      } else {
        delete cell.dataset.finding;
        cell.removeAttribute("title");
      }
    }
  }
}

const told = (findings) => findings.map((finding) => finding.message).join("\n");
