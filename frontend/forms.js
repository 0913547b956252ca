// Forms work without this file. It counts 字, saves what is typed, and asks the server to redraw a form when an
// answer decides what else is asked or when files were chosen; the answer is the same page that buttons give.
import { draftOf, redrawsByDraft } from "./forms/autosave.js";
import { showFresh, snapshotOf } from "./forms/controls.js";
import "./forms/zi.js";

let latest = 0;

// A later question makes an earlier answer worthless; files that the server took must not be sent a second time.
async function redraw(form) {
  latest += 1;
  const mine = latest;
  const sent = new FormData(form);
  sent.set("refresh", "live");
  const snapshot = snapshotOf(form);
  const files = [...form.querySelectorAll("input[type=file]")].filter((input) => input.files.length);
  const answer = await fetch(form.getAttribute("action") || location.href, { method: "POST", body: sent });
  if (!answer.ok || mine !== latest) return;
  for (const input of files) input.value = "";
  if (await showFresh(form, await answer.text(), snapshot)) draftOf(form)?.touched();
}

document.addEventListener("change", (event) => {
  const field = event.target;
  const form = field.form;
  if (!form || !field.closest("[data-zf]")) return;
  if (field.type === "file") {
    if (field.files.length) redraw(form);
  } else if (field.matches("[data-refresh], [data-refresh] *") && !redrawsByDraft(form)) {
    redraw(form);
  }
});
