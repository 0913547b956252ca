// The shortest run to a fault, played on the diagram: the element that acts, and where the tokens lie then.
import { make } from "../shared/dom.js";
import { postJson } from "../shared/http.js";
import { say } from "../shared/language.js";

const PACE = 900;

export class RunPlayer {
  constructor(modeler, settings, box, read) {
    Object.assign(this, { modeler, settings, box, read, step: 0, run: [], tokens: [] });
  }

  async prove() {
    this.close();
    this.box.hidden = false;
    this.box.replaceChildren(this.body(make("p", { role: "status" }, say("正在证明…", "Proving…"))));
    try {
      const { findings } = await postJson(this.settings.proveUrl, { text: await this.read() });
      this.offer(findings);
    } catch (error) {
      this.box.replaceChildren(this.body(make("p", { role: "alert" }, error.message)));
    }
  }

  offer(findings) {
    if (!findings.length) {
      const text = say("已证明：从任何状态都能走到结束，没有死锁、没有多余的令牌、每个环节都可能执行。",
        "Proved: every state leads to an end, without deadlocks or left-over tokens, and every element can be reached.");
      this.box.replaceChildren(this.body(make("p", { role: "status" }, text)));
      return;
    }
    const buttons = findings.map((finding) => make("li", {}, finding.message, " ", finding.run.length
      ? make("button.btn.btn-sm.btn-outline-secondary", { type: "button", onclick: () => this.open(finding) }, say("播放最短失败路径", "Play the shortest failing run"))
      : ""));
    this.stage = make("div", {});
    this.box.replaceChildren(this.body(make("ul.findings", {}, ...buttons), this.stage));
    const first = findings.find((finding) => finding.run.length);
    if (first) this.open(first);
  }

  body(...children) {
    const close = make("button.btn.btn-sm.btn-outline-secondary", { type: "button", onclick: () => this.close() }, say("关闭", "Close"));
    return make("div.card-body", {}, make("div.bar", {}, make("h2", {}, say("最短失败路径", "Shortest failing run")), close), ...children);
  }

  open(finding) {
    this.pause();
    this.clear();
    this.run = finding.run;
    this.tokens = finding.tokens;
    this.faulty = finding.element_ids;
    const button = (text, act, name) => make("button.btn.btn-sm.btn-outline-secondary", { type: "button", "data-run": name, onclick: act }, text);
    this.line = make("p", { role: "status", "data-run": "line" });
    this.playButton = button(say("播放", "Play"), () => (this.timer ? this.pause() : this.play()), "play");
    this.stage.replaceChildren(make("div.bar", {},
      button(say("上一步", "Previous"), () => this.go(this.step - 1), "previous"), this.playButton,
      button(say("下一步", "Next"), () => this.go(this.step + 1), "next")), this.line);
    this.go(0);
    this.play();
  }

  play() {
    if (this.step >= this.run.length - 1) this.go(0);
    this.timer = setInterval(() => (this.step < this.run.length - 1 ? this.go(this.step + 1) : this.pause()), PACE);
    this.playButton.textContent = say("暂停", "Pause");
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    if (this.playButton) this.playButton.textContent = say("播放", "Play");
  }

  go(step) {
    this.step = Math.max(0, Math.min(step, this.run.length - 1));
    this.clear();
    const canvas = this.modeler.get("canvas");
    const id = this.run[this.step];
    const isLast = this.step === this.run.length - 1;
    for (const passed of this.run.slice(0, this.step)) this.marker(passed, "run-passed");
    this.marker(id, "run-acting");
    if (isLast) for (const faulty of this.faulty) this.marker(faulty, "run-faulty");
    for (const place of this.tokens[this.step] ?? []) this.token(place);
    const element = this.modeler.get("elementRegistry").get(id);
    if (element) canvas.scrollToElement(element, 100);
    this.line.textContent = say("第 {n} 步，共 {all} 步：{name}", "Step {n} of {all}: {name}",
      { n: this.step + 1, all: this.run.length, name: element?.businessObject.name || id });
  }

  marker(id, name) {
    const canvas = this.modeler.get("canvas");
    if (this.modeler.get("elementRegistry").get(id)) canvas.addMarker(id, name);
    this.marked = [...(this.marked ?? []), [id, name]];
  }

  token(place) {
    const element = this.modeler.get("elementRegistry").get(place);
    if (!element) return;
    const html = make("div.run-token", { title: say("令牌", "Token") });
    const position = element.waypoints ? middleOf(element) : { top: element.height / 2 - 9, left: element.width / 2 - 9 };
    this.modeler.get("overlays").add(element, "run-token", { position, html });
  }

  clear() {
    const registry = this.modeler.get("elementRegistry");
    for (const [id, name] of this.marked ?? []) if (registry.get(id)) this.modeler.get("canvas").removeMarker(id, name);
    this.marked = [];
    this.modeler.get("overlays").remove({ type: "run-token" });
  }

  close() {
    this.pause();
    this.clear();
    this.box.hidden = true;
  }
}

// Overlays of a line are placed against its bounding box.
function middleOf({ waypoints }) {
  const left = Math.min(...waypoints.map((point) => point.x));
  const top = Math.min(...waypoints.map((point) => point.y));
  const index = Math.floor((waypoints.length - 1) / 2);
  const [from, to] = [waypoints[index], waypoints[index + 1] ?? waypoints[index]];
  return { left: (from.x + to.x) / 2 - left - 9, top: (from.y + to.y) / 2 - top - 9 };
}
