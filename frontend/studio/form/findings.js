// What the server would refuse about the form, as a list and as marks on the components.
import { make } from "../shared/dom.js";
import { isEnglish, say } from "../shared/language.js";

export class Findings {
  constructor(list, canvas, { select, label }) {
    Object.assign(this, { list, canvas, select, label });
    this.found = [];
    new MutationObserver(() => this.mark()).observe(canvas, { subtree: true, childList: true });
  }

  show(found) {
    this.found = found;
    const entries = found.map((finding) => this.entry(finding));
    this.list.replaceChildren(entries.length
      ? make("ul.form-findings", {}, ...entries)
      : make("p.note.ok", {}, say("表单可以使用。", "The form can be served.")));
    this.mark();
  }

  entry(finding) {
    const grave = finding.severity === "error";
    const name = finding.element_id ? this.label(finding.element_id) : "";
    const go = name ? make("button.btn.btn-link.p-0", { type: "button", onclick: () => this.select(finding.element_id) }, name) : null;
    return make("li", {}, make(`span.pill.${grave ? "late" : "warn"}`, {}, grave ? say("错误", "Error") : say("提醒", "Warning")), go, make("span", {}, text(finding)));
  }

  mark() {
    const marks = new Map();
    for (const finding of this.found) {
      if (finding.element_id) marks.set(finding.element_id, [...(marks.get(finding.element_id) ?? []), finding]);
    }
    for (const element of this.canvas.querySelectorAll(".fjs-element[data-id]")) {
      const found = marks.get(element.dataset.id);
      const state = found ? (found.some((finding) => finding.severity === "error") ? "late" : "warn") : "";
      const told = found ? found.map(text).join("；") : "";
      if ((element.dataset.finding ?? "") === state && (element.dataset.told ?? "") === told) continue;
      if (state) Object.assign(element.dataset, { finding: state, told });
      else {
        delete element.dataset.finding;
        delete element.dataset.told;
      }
    }
  }
}

const text = (finding) => (isEnglish ? finding.message_en : finding.message_zh);
