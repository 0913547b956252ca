// The shortest run to a fault, played on the drawing of the check page. Without this file the steps are listed.
const PACE = 900;
const MARKS = ["is-done", "is-active", "is-waiting", "is-failed"];

class Playback {
  constructor(box) {
    this.box = box;
    this.steps = [...box.querySelectorAll("[data-element]")];
    this.shapes = new Map([...box.querySelectorAll("svg [data-element-id]")].map((shape) => [shape.dataset.elementId, shape]));
    this.final = new Map([...this.shapes.values()].map((shape) => [shape, MARKS.filter((mark) => shape.classList.contains(mark))]));
    this.at = this.steps.length;
    const controls = box.querySelector("[data-controls]");
    if (!controls) return;
    controls.hidden = false;
    this.button = controls.querySelector("[data-go=play]");
    controls.addEventListener("click", (event) => this.press(event.target.dataset.go));
  }

  press(what) {
    if (what === "play") {
      if (this.timer) this.pause();
      else this.play();
    } else if (what) {
      this.pause();
      this.go(this.at + (what === "on" ? 1 : -1));
    }
  }

  play() {
    if (this.at >= this.steps.length) this.go(0);
    this.timer = setInterval(() => {
      this.go(this.at + 1);
      if (this.at >= this.steps.length) this.pause();
    }, PACE);
    this.button.setAttribute("aria-pressed", "true");
  }

  pause() {
    clearInterval(this.timer);
    this.timer = undefined;
    this.button.setAttribute("aria-pressed", "false");
  }

  // After the last step the drawing shows what the server marked: where the run stops.
  go(at) {
    this.at = Math.max(0, Math.min(at, this.steps.length));
    const over = this.at === this.steps.length;
    for (const [shape, marks] of this.final) {
      shape.classList.remove(...MARKS);
      if (over) shape.classList.add(...marks);
    }
    this.steps.forEach((step, number) => step.toggleAttribute("aria-current", !over && number === this.at));
    if (over) return;
    for (const step of this.steps.slice(0, this.at)) this.mark(step.dataset.element, "is-done");
    const now = this.steps[this.at];
    for (const token of now.dataset.tokens.split(" ")) this.mark(token, "is-waiting");
    this.mark(now.dataset.element, "is-active");
    this.shapes.get(now.dataset.element)?.scrollIntoView({ block: "nearest", inline: "center" });
  }

  mark(id, name) {
    const shape = this.shapes.get(id);
    shape?.classList.remove(...MARKS);
    shape?.classList.add(name);
  }
}

for (const box of document.querySelectorAll("[data-playback]")) new Playback(box);
