// Saves the form of a task while one types: soon after a pause, at the latest two seconds after the first change,
// and on leaving. The server merges; what others saved is shown here as soon as nothing typed is on its way.
import { contentOf, entriesOf, formDataOf, servedContentOf, showFresh } from "./controls.js";
import { forget, forgetAll, forgetOld, recall, remember } from "./store.js";

const PAUSE = 600, LATEST = 1400, LOOK = 4000, RETRY = 3000, REMEMBER = 150, MOST_KEPT_ALIVE = 60_000;
const REDRAW = [["redraw", "yes"]];

// Grows with what a page sends, so that what arrives late does not undo what was typed after it.
const turnOf = (at) => ["turn", String(at)];

class Draft {
  constructor(form) {
    this.form = form;
    this.base = form.elements.base;
    this.line = form.querySelector("[data-draft-state]");
    this.accepted = servedContentOf(form); // what the server has from this page
    this.kept = recall(form); // what this browser has from an earlier page
    this.firstChange = 0;
  }

  get isDirty() {
    return !this.ended && contentOf(this.form) !== this.accepted;
  }

  remember() {
    if (!this.ended && !this.isSending) remember(this.form, entriesOf(this.form), this.kept);
  }

  // ——— typing

  touched(redraw = false) {
    if (this.ended) return;
    this.redraw ||= redraw;
    clearTimeout(this.remembering);
    this.remembering = setTimeout(() => this.isDirty && this.remember(), REMEMBER);
    const now = Date.now();
    this.firstChange ||= now;
    clearTimeout(this.timer);
    const wait = redraw ? 0 : Math.max(0, Math.min(PAUSE, this.firstChange + LATEST - now));
    this.timer = setTimeout(() => this.save(), wait);
  }

  // One question at a time; whatever is typed meanwhile goes with the next.
  save() {
    this.queue = (this.queue ?? Promise.resolve()).then(async () => {
      if (this.isSending) return;
      if (this.kept) await this.bringBack();
      if (!this.kept && !this.ended && !this.isSending && (this.isDirty || this.redraw)) await this.send();
    });
    return this.queue;
  }

  async send() {
    clearTimeout(this.timer);
    this.firstChange = 0;
    const entries = entriesOf(this.form), content = contentOf(this.form), redraw = this.redraw;
    this.redraw = false;
    this.say("saving");
    const answer = await this.ask({ method: "POST", body: formDataOf([...entries, turnOf(Date.now()), ...(redraw ? REDRAW : [])]) });
    if (!answer) {
      this.redraw ||= redraw;
      return;
    }
    this.accepted = content;
    await this.take(answer);
  }

  // What an earlier page could not send goes out as it was typed, upon the revision it was typed upon.
  async bringBack() {
    const own = entriesOf(this.form).filter(([name]) => name === "csrf_token");
    while (this.kept) {
      const oldest = this.kept.before ?? this.kept;
      const answer = await this.ask({ method: "POST", body: formDataOf([...oldest.entries, ...own, turnOf(oldest.at), ...REDRAW]) });
      if (!answer) return;
      this.kept = oldest === this.kept ? null : { ...this.kept, before: null };
      if (this.kept) continue;
      if (this.isDirty) this.redraw = true;
      else await this.take(answer);
    }
  }

  // ——— the server

  async ask(options, query = "") {
    let response;
    try {
      response = await fetch(this.form.dataset.draft + query, { ...options, redirect: "error" });
    } catch {
      this.later(navigator.onLine ? "kept" : "offline");
      return null;
    }
    const told = await response.json().catch(() => null);
    if (told?.base !== undefined) return { ...told, disputed: response.status === 409 };
    if (response.status === 401 || response.status === 400) this.signedOut();
    else if ([403, 404, 409, 410].includes(response.status)) this.end();
    else this.later("kept");
    return null;
  }

  // Shows what the server merged, unless somebody typed meanwhile: then it is asked for again with the next save.
  async take(told) {
    if (told.html && this.isDirty) {
      this.touched(true);
      return;
    }
    if (told.html && (await showFresh(this.form, told.html))) this.accepted = contentOf(this.form);
    this.base.value = told.base;
    if (!this.isDirty && !this.kept) {
      clearTimeout(this.remembering);
      forget(this.form);
    }
    this.say(this.form.querySelector(".zf-dispute") ? "disputed" : told.by ? "others" : "saved", { time: told.saved, name: told.by });
  }

  async look() {
    if (this.ended || this.isSignedOut || document.hidden || this.isDirty || this.kept) return;
    const before = this.base.value;
    const answer = await this.ask({}, `?since=${before}`);
    if (answer?.html && !this.isDirty && this.base.value === before) await this.take(answer);
  }

  // ——— what one reads

  say(state, values = {}) {
    if (!this.line) return;
    const text = this.line.dataset[state] ?? "";
    this.line.textContent = text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
    this.line.dataset.now = state;
  }

  later(state) {
    if (!this.isDirty && !this.kept) return;
    this.remember();
    this.say(state);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), RETRY);
  }

  signedOut() {
    this.isSignedOut = true;
    this.remember();
    this.say("signedOut");
    const link = document.createElement("a");
    link.href = this.form.dataset.signIn;
    link.textContent = this.line.dataset.signIn;
    this.line.append(" ", link);
  }

  end() {
    this.ended = true;
    clearTimeout(this.remembering);
    this.say("ended");
  }

  // ——— leaving

  leave() {
    if (!this.isDirty || this.isSending) return;
    this.remember();
    const entries = entriesOf(this.form);
    const size = entries.reduce((sum, [name, value]) => sum + name.length + value.length * 3 + 100, 0);
    if (size > MOST_KEPT_ALIVE) return; // more than a browser sends after the page is gone: it stays remembered
    fetch(this.form.dataset.draft, { method: "POST", body: formDataOf([...entries, turnOf(Date.now())]), keepalive: true }).catch(() => {});
  }

  // The whole form is on its way with everything typed; it stays remembered until the next page has come.
  submitted() {
    clearTimeout(this.timer);
    clearTimeout(this.remembering); // it would forget that the form was sent
    this.isSending = true;
    this.turn ??= this.form.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name: "turn" }));
    this.turn.value = Date.now() + 1; // a save that is still on its way must not undo what this one adds
    if (this.isDirty) remember(this.form, entriesOf(this.form), this.kept, true);
  }
}

function watchLeaving(draft) {
  document.addEventListener("visibilitychange", () => (document.hidden ? draft.leave() : draft.look()));
  window.addEventListener("pagehide", () => draft.leave());
  window.addEventListener("pageshow", () => { draft.isSending = false; });
  window.addEventListener("online", () => draft.save());
  draft.form.addEventListener("submit", () => draft.submitted());
}

let current = null;

export function redrawsByDraft(form) {
  if (form !== current?.form) return false;
  current.touched(true);
  return true;
}

export function draftOf(form) {
  return form === current?.form ? current : null;
}

function start() {
  forgetOld();
  const form = document.querySelector("form[data-draft]");
  if (!form) return;
  const draft = (current = new Draft(form));
  form.addEventListener("input", (event) => {
    draft.isSending = false; // somebody who types on has stopped the sending
    if (event.target.type !== "file") draft.touched();
  });
  form.addEventListener("change", (event) => event.target.type !== "file" && draft.isDirty && draft.touched());
  watchLeaving(draft);
  setInterval(() => draft.look(), LOOK);
  if (draft.kept) draft.save();
}

// Signing out leaves nothing behind in this browser; what was typed is saved first, or nobody is signed out.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-sign-out]")) return;
  if (current?.isDirty) {
    event.preventDefault();
    await Promise.race([current.save(), new Promise((done) => setTimeout(done, 3000))]);
    if (current.isDirty) return;
    forgetAll();
    form.submit();
  } else {
    forgetAll();
  }
}, true);

start();
