// Every page works without this file; it only makes some of them quicker to use.
// htmx reads its settings from <meta name="htmx-config"> in base.html. It has no need of eval: the pages' policy
// forbids it, so trigger filters in brackets and hx-on attributes must not be used.
import "htmx.org/dist/htmx.esm.js";
import "./forms.js";
import "./inbox.js";
import "./uploads.js";
import "./evidence.js";
import "./countdown.js";
import "./opened.js";
import { filledBefore } from "./forms/controls.js";

function focusErrorSummary(root) {
  root.querySelector(".summary[tabindex]")?.focus();
}

function scrollToCurrent() {
  for (const strip of document.querySelectorAll(".lists, .toc ol, .tabs, .z-nav")) {
    const current = strip.querySelector("[aria-current]");
    if (!current || strip.scrollWidth <= strip.clientWidth) continue;
    const offset = current.getBoundingClientRect().left - strip.getBoundingClientRect().left;
    strip.scrollLeft += offset - (strip.clientWidth - current.offsetWidth) / 2;
  }
}

// A large diagram opens where the case is now.
function scrollToActive() {
  for (const canvas of document.querySelectorAll(".diagram-canvas")) {
    const active = canvas.querySelector(".is-failed, .is-active, .is-waiting")?.getBoundingClientRect();
    if (!active) continue;
    const frame = canvas.getBoundingClientRect();
    canvas.scrollLeft += active.left - frame.left - (frame.width - active.width) / 2;
    canvas.scrollTop += active.top - frame.top - (frame.height - active.height) / 2;
  }
}

// The server answers a second submission with the result of the first; this only spares the reader the wait.
function refuseSecondSubmit(event) {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sending) {
    event.preventDefault();
    return;
  }
  form.dataset.sending = "yes";
  event.submitter?.classList.add("is-sending");
  setTimeout(allowSubmitAgain, 5000); // an answer that is a download leaves the page where it is
}

function allowSubmitAgain() {
  for (const form of document.querySelectorAll("form[data-sending]")) delete form.dataset.sending;
  for (const button of document.querySelectorAll(".is-sending")) button.classList.remove("is-sending");
}

function closeMenus(event) {
  for (const menu of document.querySelectorAll("details:is(.z-menu, .menu)[open]")) {
    if (event.key === "Escape") {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (event.type === "click" && !menu.contains(event.target)) {
      menu.open = false;
    }
  }
}

function focusSearch(event) {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  const isOff = document.querySelector("[data-keys=off]"); // the reader wants no keys of one letter
  if (event.key !== "/" || isOff || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const search = [...document.querySelectorAll(".z-search input")].find((input) => input.offsetParent);
  if (search) {
    event.preventDefault();
    search.focus();
  }
}

// Whoever began to fill in a form before the scripts had come is treated like everybody else.
function tellWhatWasFilledIn() {
  const forms = new Set([...document.querySelectorAll("form [data-zf]")].map((fields) => fields.closest("form")));
  for (const control of [...forms].flatMap(filledBefore)) {
    for (const type of ["input", "change"]) control.dispatchEvent(new Event(type, { bubbles: true }));
  }
}

document.addEventListener("submit", refuseSecondSubmit);
document.addEventListener("click", closeMenus);
document.addEventListener("keydown", closeMenus);
document.addEventListener("keydown", focusSearch);
document.addEventListener("htmx:after:swap", (event) => focusErrorSummary(event.target));
window.addEventListener("pageshow", allowSubmitAgain);
focusErrorSummary(document);
tellWhatWasFilledIn();
scrollToCurrent();
scrollToActive();
