// The inbox works without this file. It adds keys of one letter, which its settings switch off, and picking rows
// without loading the page again.
const inbox = document.querySelector("[data-inbox]");
const help = document.getElementById("keys-help");

const links = () => [...inbox.querySelectorAll("[data-row]")].map((row) => row.querySelector("a")).filter(Boolean);
const rowOf = (element) => element?.closest?.("[data-row]");

function move(step) {
  const all = links();
  const here = rowOf(document.activeElement);
  const open = all.findIndex((link) => link.hasAttribute("aria-current"));
  const place = here ? all.findIndex((link) => rowOf(link) === here) : open;
  const next = place < 0 ? all[0] : all[place + step];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function setPicking(on) {
  const bar = document.getElementById("bulk");
  const toggle = document.querySelector("[data-picking-switch]");
  if (!bar || !toggle) return;
  bar.hidden = !on;
  inbox.classList.toggle("picking", on);
  toggle.setAttribute("aria-pressed", String(on));
  countPicked();
}

function countPicked() {
  const shown = document.querySelector("[data-picked]");
  if (!shown) return;
  const count = inbox.querySelectorAll("[name=pick]:checked").length;
  shown.textContent = count ? shown.dataset.words.replace("{n}", count) : "";
}

function pick() {
  const box = rowOf(document.activeElement)?.querySelector("[name=pick]");
  if (!box) return;
  setPicking(true);
  box.checked = !box.checked;
  countPicked();
}

// The open task, or the focused row of a list of tasks that may be taken.
function claim() {
  const button = document.querySelector("form[action$='/claim'] button");
  if (button) {
    button.click();
    return;
  }
  const link = rowOf(document.activeElement)?.querySelector("a");
  const token = document.querySelector("#bulk [name=csrf_token]");
  if (!link || !token || !document.querySelector("#bulk [value=claim]")) return;
  const form = document.createElement("form");
  form.method = "post";
  form.action = `${new URL(link.href).pathname}/claim`;
  form.append(token.cloneNode());
  document.body.append(form);
  form.submit();
}

// Into the form of the open task; from a row of the list, first to its task.
function act() {
  const row = rowOf(document.activeElement);
  const link = row?.querySelector("a");
  if (link && !link.hasAttribute("aria-current")) {
    link.click();
    return;
  }
  const fields = "input:not([type=hidden]):not([type=file]), select, textarea, button[value=complete]";
  const field = [...document.querySelectorAll("#task-form :is(" + fields + ")")].find((one) => one.checkVisibility());
  field?.focus();
  field?.scrollIntoView({ block: "center" });
}

function toggleHelp() {
  if (help.open) help.close();
  else help.showModal();
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  o: () => rowOf(document.activeElement)?.querySelector("a")?.click(),
  c: claim,
  a: act,
  x: pick,
  "?": toggleHelp,
};

function onKey(event) {
  const typing = event.target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (help?.open && event.key !== "?") return;
  const search = event.key === "/" && document.getElementById("f-q");
  if (search) search.focus();
  else if (Object.hasOwn(keys, event.key)) keys[event.key]();
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

if (inbox) {
  if (inbox.dataset.keys === "on") document.addEventListener("keydown", onKey);
  document.addEventListener("change", (event) => event.target.name === "pick" && countPicked());
  document.querySelector("[data-picking-switch]")?.addEventListener("click", (event) => {
    event.preventDefault();
    setPicking(!inbox.classList.contains("picking"));
  });
  document.querySelector("[data-picking-switch]")?.addEventListener("keydown", (event) => {
    if (event.key === " ") event.currentTarget.click();
  });
  countPicked();
  inbox.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
}
