// The table of tests: inputs, what must come out, green or red. Kept in the bundle beside the decision.
import { make } from "../shared/dom.js";
import { postJson } from "../shared/http.js";
import { say } from "../shared/language.js";
import { readCell, showValue } from "./values.js";

const QUIET = 700;

export class Checks {
  // `model()` gives the decision's text as it stands; `changed()` is called after every edit.
  constructor(place, verdict, settings, { model, changed }) {
    Object.assign(this, { place, verdict, settings, model, changed });
    this.kept = {};
    this.tests = [];
    this.inputs = [];
    this.outputs = [];
    this.results = [];
  }

  read() {
    return `${JSON.stringify({ ...this.kept, decision: this.settings.key, tests: this.tests }, null, 2)}\n`;
  }

  show(text) {
    this.kept = text ? JSON.parse(text) : {};
    this.tests = this.kept.tests ?? [];
    this.draw();
    this.run();
  }

  describe({ inputs, outputs }) {
    const next = JSON.stringify([inputs, outputs]);
    if (next === this.described) return;
    this.described = next;
    Object.assign(this, { inputs, outputs });
    this.draw();
  }

  add(...tests) {
    this.tests.push(...tests);
    this.edited();
    this.draw();
  }

  edited() {
    this.changed();
    this.run();
  }

  run() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.runNow(), QUIET);
  }

  async runNow() {
    if (!this.tests.length) {
      this.tell("");
      return;
    }
    const round = (this.round = (this.round ?? 0) + 1);
    try {
      const { results } = await postJson(this.settings.testsUrl, { text: await this.model(), tests: this.tests });
      if (round !== this.round) return;
      this.results = results;
      const failed = results.filter((result) => !result.passed).length;
      this.tell(failed ? say("{failed} 项不通过，共 {all} 项", "{failed} of {all} fail", { failed, all: results.length })
        : say("{all} 项全部通过", "all {all} pass", { all: results.length }), failed ? "late" : "ok");
    } catch (error) {
      this.results = [];
      this.tell(error.message, "late");
    }
    this.drawResults();
  }

  tell(text, state = "") {
    this.verdict.textContent = text;
    this.verdict.dataset.state = state;
  }

  columns() {
    const more = this.tests.flatMap((test) => Object.keys(test.inputs ?? {}));
    return [...new Set([...this.inputs, ...more])];
  }

  draw() {
    if (!this.tests.length) {
      this.place.replaceChildren(make("p.muted", {}, say("还没有测试。", "No tests yet.")));
      return;
    }
    const inputs = this.columns();
    const outputs = this.outputs.length ? this.outputs : [null];
    const head = make("tr", {}, make("th", { scope: "col" }, say("名称", "Name")),
      make("th", { scope: "col" }, say("结果", "Result")),
      ...inputs.map((name) => make("th", { scope: "col" }, name)),
      ...outputs.map((name) => make("th", { scope: "col", "data-expected": true }, name ? say("预期 {name}", "Expected {name}", { name }) : say("预期结果", "Expected"))),
      make("th", { scope: "col" }, make("span.visually-hidden", {}, say("操作", "Actions"))));
    const rows = this.tests.map((test, number) => this.row(test, number, inputs, outputs));
    this.place.replaceChildren(make("table.decision-tests", {}, make("thead", {}, head), make("tbody", {}, ...rows)));
    this.drawResults();
  }

  row(test, number, inputs, outputs) {
    const label = (name) => say("测试 {n}：{name}", "Test {n}: {name}", { n: number + 1, name });
    const name = field(label(say("名称", "Name")), test.name ?? "", (text) => { test.name = text; });
    const cells = inputs.map((key) => field(label(key), showValue(test.inputs?.[key]), (text) => {
      test.inputs = { ...test.inputs, [key]: readCell(text) };
    }));
    const expected = outputs.map((key) => field(label(say("预期 {key}", "expected {key}", { key: key ?? "" })), showValue(key ? test.expected?.[key] : test.expected), (text) => {
      test.expected = key ? { ...test.expected, [key]: readCell(text) } : readCell(text) ?? null;
    }));
    const take = make("button.btn.btn-sm.btn-outline-secondary", { type: "button", onclick: () => this.takeActual(number) },
      say("采用", "Take"), make("span.visually-hidden", {}, label(say("把实际结果作为预期", "take the actual result as expected"))));
    const remove = make("button.btn.btn-sm.btn-outline-secondary", { type: "button", onclick: () => this.remove(number) },
      say("删除", "Remove"), make("span.visually-hidden", {}, label(say("删除", "remove"))));
    for (const input of [name, ...cells, ...expected]) input.addEventListener("input", () => this.edited());
    return make("tr", {}, make("td", {}, name), make("td.result", {}), ...cells.map((input) => make("td", {}, input)),
      ...expected.map((input) => make("td", { "data-expected": true }, input)), make("td", {}, make("div.bar", {}, take, remove)));
  }

  remove(number) {
    this.tests.splice(number, 1);
    this.results.splice(number, 1);
    this.edited();
    this.draw();
  }

  takeActual(number) {
    const result = this.results[number];
    if (!result) return;
    this.tests[number].expected = result.actual;
    this.edited();
    this.draw();
  }

  drawResults() {
    for (const [number, row] of [...this.place.querySelectorAll("tbody tr")].entries()) {
      const result = this.results[number];
      const cell = row.querySelector(".result");
      row.dataset.state = result ? (result.passed ? "ok" : "late") : "";
      cell.replaceChildren(...(result ? this.verdictOf(result) : []));
    }
  }

  verdictOf(result) {
    const rows = result.rows.length ? say("第 {rows} 行", "row {rows}", { rows: result.rows.join(say("、", ", ")) }) : "";
    const mark = make(`span.pill.${result.passed ? "ok" : "late"}`, {}, result.passed ? say("通过", "Passed") : say("不通过", "Failed"));
    const why = result.passed ? rows : [...result.errors, say("实际 {value}", "got {value}", { value: showValue(result.actual ?? null) }), rows].filter(Boolean).join(say("；", "; "));
    return [mark, make("small", {}, ` ${why}`)];
  }
}

function field(label, value, take) {
  const input = make("input.form-control.form-control-sm", { "aria-label": label, value, spellcheck: "false" });
  input.addEventListener("input", () => take(input.value));
  return input;
}
