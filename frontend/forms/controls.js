// Reading and writing the controls of a form as a whole, and showing the server's version of it in their place.
import htmx from "htmx.org/dist/htmx.esm.js";
import { showCounts } from "./zi.js";

// What a page holds, as the browser would send it, without files: those go their own way, and each sending has a turn.
export function entriesOf(form) {
  return [...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "turn");
}

// The part that people fill in, for telling whether anything changed.
export function contentOf(form) {
  return JSON.stringify(entriesOf(form).filter(([name]) => name.startsWith("f_")));
}

// The form as the server sent it, whatever was typed since.
function asServed(form) {
  const served = form.cloneNode(true);
  served.reset();
  return served;
}

export const servedContentOf = (form) => contentOf(asServed(form));

// Controls that were filled in before any script could see it: on a slow line people begin before the scripts have come.
export function filledBefore(form) {
  const served = controlsOf(asServed(form));
  return controlsOf(form).filter((control, place) =>
    control.type === "file" ? control.files.length : stateOf(control) !== stateOf(served[place]));
}

export function formDataOf(entries) {
  const data = new FormData();
  for (const [name, value] of entries) data.append(name, value);
  return data;
}

const stateOf = (control) => (["checkbox", "radio"].includes(control.type) ? control.checked : control.value);

// What every control held when a question went out, to tell afterwards what was typed meanwhile.
export function snapshotOf(form) {
  return new Map(controlsOf(form).filter((control) => control.type !== "file").map((control) => [control, stateOf(control)]));
}

function typedSince(snapshot) {
  return new Map([...snapshot].filter(([control, state]) => stateOf(control) !== state).map(([control]) => [control, stateOf(control)]));
}

function copyState(from, to) {
  if (to.type === "file") return;
  if (to.type === "checkbox" || to.type === "radio") {
    to.checked = from.checked;
  } else if (to.value !== from.value) {
    const focused = to === document.activeElement && typeof to.selectionStart === "number";
    const [start, end] = focused ? [to.selectionStart, to.selectionEnd] : [0, 0];
    to.value = from.value;
    if (focused) to.setSelectionRange(Math.min(start, to.value.length), Math.min(end, to.value.length));
  }
}

const controlsOf = (root) => [...root.querySelectorAll("input[name], textarea[name], select[name]")];

// Morphing keeps focus and what does not change; values are then set as the server has them, but for those typed
// since `snapshot`.
export async function showFresh(form, html, snapshot = new Map()) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const fresh = page.querySelector("[data-zf]");
  const shown = form.querySelector("[data-zf]");
  if (!fresh || !shown) return false;
  const wanted = controlsOf(fresh);
  const typed = typedSince(snapshot);
  await htmx.swap({ sourceElement: shown, target: shown, text: fresh.outerHTML, swap: "outerMorph" });
  const there = controlsOf(form.querySelector("[data-zf]"));
  if (there.length === wanted.length) there.forEach((control, place) => copyState(wanted[place], control));
  for (const [control, state] of typed) {
    if (control.isConnected) control[typeof state === "boolean" ? "checked" : "value"] = state;
  }
  showCounts(form);
  return true;
}
