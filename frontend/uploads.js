// Files of a task's form go up in pieces as soon as they are chosen, with progress, and go on where they stopped when
// the connection comes back. Without this file they travel with the form. What the server took stands in the form as
// the id of an attachment, which is saved with the draft.
const PAUSES = [1, 2, 4, 8, 15, 30];
const AT_ONCE = 2;
const WORDS = {
  zh: {
    waiting: "排队中", going: "已上传 {done}%", checking: "正在检查文件", lost: "连接中断，{seconds} 秒后继续，已传部分保留",
    login: "登录已失效：请在新窗口登录后点“继续”，已传部分保留", failed: "没有上传成功", retry: "继续", cancel: "取消", list: "正在上传",
    done: "{name} 已上传", remove: "删除", scanning: "正在查毒",
  },
  en: {
    waiting: "Waiting", going: "{done}% uploaded", checking: "Checking the file",
    lost: "Connection lost. Going on in {seconds} s; what was sent is kept",
    login: "You were signed out. Sign in in another window, then choose “Go on”; what was sent is kept",
    failed: "Not uploaded", retry: "Go on", cancel: "Cancel", list: "Uploading", done: "{name} was uploaded", remove: "Remove", scanning: "Being scanned",
  },
};

const queue = [];
const lists = new Map();
const paused = new Set();
let running = 0;

function say(name, values = {}) {
  const words = document.documentElement.lang.startsWith("en") ? WORDS.en : WORDS.zh;
  return words[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

class Refused extends Error {}
class SignedOut extends Error {}

async function ask(form, url, fields) {
  const body = new FormData();
  body.set("csrf_token", form.elements.csrf_token.value);
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  const answer = await fetch(url, { method: "POST", body });
  const isJson = (answer.headers.get("Content-Type") ?? "").startsWith("application/json");
  if (answer.status >= 500 || answer.status === 429) throw new TypeError(String(answer.status));
  if (!isJson) throw new SignedOut();
  const told = await answer.json();
  if (answer.status === 409 && "received" in told) return { again: told.received };
  if (!answer.ok) throw new Refused(told.error);
  return told;
}

async function hexOf(bytes) {
  if (!globalThis.crypto?.subtle) return "";
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// The field may have been drawn anew since the file was chosen.
function inputOf(transfer) {
  return [...transfer.form.querySelectorAll("input[type=file]")].find((input) => input.name === transfer.field);
}

function listOf(input) {
  let list = lists.get(input.name);
  if (!list) {
    list = make("ul", { className: "zf-uploads" });
    list.setAttribute("aria-label", say("list"));
    lists.set(input.name, list);
  }
  if (!list.isConnected) (input.closest(".zf-upload") ?? input).after(list);
  return list;
}

function show(transfer, text, done = null) {
  transfer.text.textContent = text;
  if (done !== null) transfer.bar.value = done;
}

function enter(input, file) {
  const bar = make("progress", { max: 100, value: 0 });
  bar.setAttribute("aria-label", file.name);
  const text = make("span", { className: "muted num", textContent: say("waiting") });
  const again = make("button", { type: "button", className: "btn btn-sm btn-outline-primary", textContent: say("retry"), hidden: true });
  const stop = make("button", { type: "button", className: "btn btn-sm btn-outline-secondary", textContent: say("cancel") });
  stop.append(make("span", { className: "visually-hidden", textContent: ` ${file.name}` }));
  const line = make("li", {}, make("span", { className: "name", textContent: file.name }), bar, text, again, stop);
  const transfer = { form: input.form, field: input.name, file, line, bar, text, again, stopped: false, wake: null };
  again.addEventListener("click", () => {
    again.hidden = true;
    queue.push(transfer);
    advance();
  });
  stop.addEventListener("click", () => leave(transfer));
  listOf(input).append(line);
  queue.push(transfer);
}

function leave(transfer) {
  transfer.stopped = true;
  transfer.wake?.();
  transfer.line.remove();
  const place = queue.indexOf(transfer);
  if (place >= 0) queue.splice(place, 1);
  if (transfer.url) ask(transfer.form, `${transfer.url}/cancel`, {}).catch(() => {});
}

function pause(transfer, seconds) {
  show(transfer, say("lost", { seconds }));
  return new Promise((resolve) => {
    transfer.wake = () => {
      clearTimeout(timer);
      paused.delete(transfer);
      resolve();
    };
    const timer = setTimeout(transfer.wake, seconds * 1000);
    paused.add(transfer);
  });
}

async function carry(transfer) {
  const { form, file, field } = transfer;
  const address = `${form.getAttribute("action") || location.pathname}/uploads`;
  let told = await ask(form, address, { field, name: file.name, size: file.size, fingerprint: String(file.lastModified) });
  transfer.url = told.url;
  while (!told.attachment && !transfer.stopped) {
    show(transfer, say("going", { done: Math.floor((100 * told.received) / told.size) }), (100 * told.received) / told.size);
    const bytes = await file.slice(told.received, told.received + told.piece).arrayBuffer();
    if (told.received + bytes.byteLength === told.size) show(transfer, say("checking"), 99);
    const next = await ask(form, told.url, {
      offset: told.received, sha256: await hexOf(bytes), piece: new Blob([bytes]),
    });
    told = "again" in next ? { ...told, received: next.again } : next;
    transfer.tries = 0;
  }
  return told.attachment;
}

async function run(transfer) {
  transfer.tries = 0;
  while (!transfer.stopped) {
    try {
      const attachment = await carry(transfer);
      if (attachment) take(transfer, attachment);
      return;
    } catch (error) {
      if (transfer.stopped) return;
      if (error instanceof Refused || error instanceof SignedOut) return fail(transfer, error);
      transfer.tries += 1;
      await pause(transfer, PAUSES[Math.min(transfer.tries, PAUSES.length) - 1]);
    }
  }
}

function fail(transfer, error) {
  const isOut = error instanceof SignedOut;
  transfer.line.classList.add("err");
  transfer.text.setAttribute("role", "alert");
  transfer.again.hidden = !isOut;
  show(transfer, isOut ? say("login") : error.message || say("failed"));
  if (!isOut) transfer.bar.remove();
}

// The attachment becomes part of the form's values at once; later the server draws the same line.
function take(transfer, attachment) {
  const input = inputOf(transfer);
  transfer.line.remove();
  if (!input) return;
  const box = input.closest(".zf-upload") ?? input;
  let files = box.parentElement.querySelector(":scope > .zf-files");
  if (!files) box.before((files = make("ul", { className: "zf-files" })));
  if (!input.multiple) files.replaceChildren();
  const held = make("input", { type: "hidden", name: input.name, value: attachment.id });
  const name = attachment.state ? attachment.name : make("a", { href: attachment.url, textContent: attachment.name });
  const remove = make("button", {
    className: "btn btn-sm btn-outline-secondary", name: "file", value: `remove:${input.name}:${attachment.id}`,
    formNoValidate: true, textContent: say("remove"),
  });
  remove.append(make("span", { className: "visually-hidden", textContent: ` ${attachment.name}` }));
  const size = make("small", { className: "muted num", textContent: attachment.size });
  files.append(make("li", {}, held, name, " ", size, " ", ...(attachment.state ? [say("scanning")] : []), remove));
  status().textContent = say("done", { name: attachment.name });
  held.dispatchEvent(new Event("change", { bubbles: true }));
  transfer.form.dispatchEvent(new CustomEvent("zf:files", { bubbles: true }));
}

function status() {
  return document.getElementById("upload-status")
    ?? document.body.appendChild(Object.assign(make("p", { id: "upload-status", className: "visually-hidden", role: "status" })));
}

function advance() {
  while (running < AT_ONCE && queue.length) {
    running += 1;
    run(queue.shift()).finally(() => {
      running -= 1;
      advance();
    });
  }
}

function onChoose(event) {
  const input = event.target;
  if (!input.matches?.("#task-form [data-zf] input[type=file]") || !input.files.length) return;
  event.stopImmediatePropagation();
  for (const file of input.files) enter(input, file);
  input.value = "";
  advance();
}

function keepLists() {
  for (const input of document.querySelectorAll("#task-form [data-zf] input[type=file]")) {
    if (lists.get(input.name)?.childElementCount) listOf(input);
  }
}

document.addEventListener("change", onChoose, true);
document.addEventListener("htmx:after:swap", keepLists);
window.addEventListener("online", () => {
  for (const transfer of [...paused]) transfer.wake();
});
window.addEventListener("beforeunload", (event) => {
  if (running) event.preventDefault();
});
