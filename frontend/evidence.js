// What the office's rules say about evidence rows, worked out again while one types; without this file the page shows
// it for what was saved last.
const PAUSE = 800;
let timer = 0;
let latest = 0;

async function refresh(form) {
  const shown = form.querySelector("[data-results]");
  if (!shown) return;
  latest += 1;
  const mine = latest;
  const sent = new FormData(form);
  for (const [name, value] of [...sent]) if (value instanceof File) sent.delete(name);
  for (const input of form.querySelectorAll("[data-zf] input[type=hidden]")) {
    if (!sent.has(input.name)) sent.append(input.name, input.value);
  }
  try {
    const answer = await fetch(shown.dataset.results, { method: "POST", body: sent });
    if (!answer.ok || answer.redirected || mine !== latest) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    form.querySelector("[data-results]").replaceChildren(...page.body.childNodes);
  } catch {
    return; // offline: what was worked out last stays
  }
}

function onTyping(event) {
  const form = event.target.form ?? event.target.closest?.("form");
  if (!form?.querySelector("[data-results]") || !event.target.closest("[data-zf]")) return;
  clearTimeout(timer);
  timer = setTimeout(refresh, PAUSE, form);
}

document.addEventListener("input", onTyping);
document.addEventListener("change", onTyping);
