// The checks of the server on the unsaved diagram: badges on the elements and a list under the canvas.
import { make } from "../shared/dom.js";
import { postJson } from "../shared/http.js";
import { isEnglish, say } from "../shared/language.js";
import { goTo } from "./registry.js";

const QUIET = 1000;

export class Findings {
  constructor(modeler, settings, { onVariables, list, verdict, read }) {
    Object.assign(this, { modeler, settings, onVariables, list, verdict, read });
    this.latest = 0;
  }

  schedule() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), QUIET);
  }

  async refresh() {
    clearTimeout(this.timer);
    this.latest += 1;
    const mine = this.latest;
    try {
      const found = await postJson(this.settings.lintUrl, { path: this.settings.path, text: await this.read() });
      if (mine !== this.latest) return;
      this.onVariables(found.variables);
      this.show(found.findings, found.elsewhere);
    } catch (error) {
      if (mine === this.latest) this.verdict.textContent = say("检查没有完成：{why}", "The check failed: {why}", { why: error.message });
    }
  }

  show(findings, elsewhere) {
    this.findings = findings;
    const errors = findings.filter((item) => item.severity === "error").length;
    const warnings = findings.length - errors;
    this.verdict.dataset.state = errors ? "error" : "ok";
    this.verdict.textContent = errors
      ? say("不能发布：{errors} 个错误、{warnings} 个提醒", "Cannot be released: {errors} errors, {warnings} warnings", { errors, warnings })
      : say("没有错误，{warnings} 个提醒", "No errors, {warnings} warnings", { warnings });
    this.mark(findings);
    const rows = [...findings].sort((a, b) => (a.severity === b.severity ? 0 : a.severity === "error" ? -1 : 1));
    const others = elsewhere
      ? [make("p.muted", {}, say("草稿的其他文件还有 {n} 个问题。", "{n} findings in other files of the draft.", { n: elsewhere }))] : [];
    this.list.replaceChildren(rows.length ? make("ul.findings", {}, ...rows.map((item) => this.row(item)))
      : make("p", {}, say("没有发现问题。", "Nothing found.")), ...others);
  }

  row(item) {
    const isError = item.severity === "error";
    const word = make(`span.pill.${isError ? "late" : "warn"}`, {}, isError ? say("错误", "Error") : say("提醒", "Warning"));
    const text = isEnglish ? item.message_en : item.message_zh;
    const place = item.element_id && this.elementOf(item.element_id);
    const where = place
      ? make("button.btn.btn-link.p-0", { type: "button", onclick: () => this.goTo(item.element_id) }, nameOf(place) || item.element_id)
      : make("code", {}, item.element_id ?? this.settings.path);
    return make("li", { "data-code": item.code }, word, " ", where, " ", text);
  }

  mark(findings) {
    const overlays = this.modeler.get("overlays");
    overlays.remove({ type: "finding" });
    const byElement = Map.groupBy ? Map.groupBy(findings, (item) => item.element_id) : groupBy(findings);
    for (const [id, items] of byElement) {
      const element = id && this.elementOf(id);
      if (!element || element.labelTarget || !element.parent) continue;
      const isError = items.some((item) => item.severity === "error");
      const title = items.map((item) => (isEnglish ? item.message_en : item.message_zh)).join("\n");
      const html = make(`div.finding-badge${isError ? ".is-error" : ""}`, { title }, String(items.length));
      overlays.add(element, "finding", { position: element.waypoints ? { bottom: 0, left: 0 } : { top: -10, right: 12 }, html });
    }
  }

  elementOf(id) {
    return this.modeler.get("elementRegistry").get(id);
  }

  goTo(id) {
    goTo(this.modeler, id);
  }
}

export const nameOf = (element) => element.businessObject?.name ?? "";

function groupBy(findings) {
  const groups = new Map();
  for (const item of findings) groups.set(item.element_id, [...(groups.get(item.element_id) ?? []), item]);
  return groups;
}
