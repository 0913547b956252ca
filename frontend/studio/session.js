// One file of a draft in an editor: loading, saving by itself, presence of others, conflicts, the line that says so.
//
//   const session = new Session(settings, {
//     read: async () => text,               // the text as it stands in the editor
//     show: async (text) => {},             // put a text into the editor (after a conflict)
//     extra: () => ({}),                    // more fields for the PUT, optional
//     refused: (findings) => {},            // 422: what the server would not store, optional
//     saved: () => {},                      // optional
//   });
//   const text = await session.load();      // then call session.changed() at every change
//
// settings: {fileUrl, presenceUrl, path, statusId?, editorsId?}
import { askAboutConflict } from "./shared/conflict.js";
import { getJson, postJson, request } from "./shared/http.js";
import { clock, say } from "./shared/language.js";

const QUIET = 1500;
const HEARTBEAT = 20_000;
const RETRY = [2000, 5000, 15_000, 30_000];

export class Session {
  constructor(settings, editor) {
    this.settings = settings;
    this.editor = editor;
    this.revision = 0;
    this.isDirty = false;
    this.blockedBy = "";
    this.failures = 0;
    this.line = document.getElementById(settings.statusId ?? "save-state");
    this.people = document.getElementById(settings.editorsId ?? "editors");
  }

  async load() {
    const file = await getJson(this.settings.fileUrl);
    this.revision = file.revision;
    this.showPeople(file.editors ?? []);
    if (file.saved_at) this.tell("saved", say("已保存 {at}", "Saved {at}", { at: clock(file.saved_at) }));
    else this.tell("saved", say("尚无改动", "No changes yet"));
    this.watch();
    return file.text;
  }

  // The editor says that something changed.
  changed() {
    this.isDirty = true;
    if (this.blockedBy) return;
    this.tell("waiting", say("有未保存的改动…", "Unsaved changes…"));
    this.schedule(QUIET);
  }

  // Never save from now on, and say why (an import warning, for example). `unblock` allows it again.
  block(reason) {
    this.blockedBy = reason;
    clearTimeout(this.timer);
    this.tell("error", say("不会保存：{reason}", "Not saving: {reason}", { reason }));
  }

  unblock() {
    this.blockedBy = "";
  }

  // Save what changed; true when nothing is left to save.
  async save() {
    clearTimeout(this.timer);
    if (this.blockedBy) return false;
    if (this.saving) await this.saving;
    if (!this.isDirty) return true;
    this.saving = this.put();
    try {
      return await this.saving;
    } finally {
      this.saving = null;
    }
  }

  async put() {
    const text = await this.editor.read();
    this.isDirty = false;
    this.tell("waiting", say("正在保存…", "Saving…"));
    try {
      const body = { text, revision: this.revision, ...(this.editor.extra?.() ?? {}) };
      const stored = await request("PUT", this.settings.fileUrl, body);
      this.revision = stored.revision;
      this.failures = 0;
      if (!this.isDirty) this.tell("saved", say("已保存 {at}", "Saved {at}", { at: clock(stored.saved_at) }));
      this.editor.saved?.();
      return !this.isDirty;
    } catch (error) {
      this.isDirty = true;
      await this.failed(error, text);
      return false;
    }
  }

  async failed(error, text) {
    if (error.status === 409) return this.conflict(error.body, text);
    if (error.status === 422) {
      this.tell("error", say("没有保存：{reason}", "Not saved: {reason}", { reason: error.message }));
      this.editor.refused?.(error.body.findings ?? [], error.message);
      return undefined;
    }
    const wait = RETRY[Math.min(this.failures, RETRY.length - 1)];
    this.failures += 1;
    const why = [401, 403].includes(error.status)
      ? say("登录已失效，请在新窗口重新登录，改动仍在本页", "You are signed out. Sign in again in a new window; your changes stay on this page")
      : say("没有保存，稍后自动重试", "Not saved, trying again soon");
    this.tell("error", why);
    this.schedule(wait);
    return undefined;
  }

  async conflict(body, mine) {
    if (typeof body.text !== "string") {  // the draft is closed to changes, or the file was taken out of it
      this.block(body.error ?? say("草稿不能再修改", "the draft is closed"));
      return;
    }
    this.tell("error", say("有人先保存了，请选择", "Somebody saved first: please choose"));
    clearTimeout(this.timer);
    const { path } = this.settings;
    const choice = await askAboutConflict({ name: body.name, at: body.at, path, mine, theirs: body.text });
    if (choice === "later") return;
    this.revision = body.revision;
    if (choice === "mine") {
      this.schedule(0);
      return;
    }
    await this.editor.show(body.text);
    this.isDirty = false;
    this.tell("saved", say("已采用对方的版本（{at}）", "Their version was taken ({at})", { at: clock(body.at) }));
  }

  schedule(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), wait);
  }

  tell(state, text) {
    if (!this.line) return;
    this.line.dataset.state = state;
    this.line.textContent = text;
  }

  watch() {
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.save());
    window.addEventListener("beforeunload", (event) => {
      if (!this.isDirty || this.blockedBy) return;
      this.save();
      event.preventDefault();
    });
    this.heart = setInterval(() => this.beat(), HEARTBEAT);
    this.beat();
  }

  async beat() {
    if (document.visibilityState === "hidden") return;
    try {
      this.showPeople((await postJson(this.settings.presenceUrl, { path: this.settings.path })).editors ?? []);
    } catch {
      // Who else is here is a courtesy; saving has its own messages.
    }
  }

  showPeople(editors) {
    if (!this.people) return;
    const names = editors.map((editor) => editor.name ?? editor).join(say("、", ", "));
    this.people.hidden = !names;
    this.people.textContent = names ? say("{names}也在编辑", "{names} is editing too", { names }) : "";
  }
}
