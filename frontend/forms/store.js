// What was typed and not yet accepted by the server, kept in this browser: one entry a form, by its owner.
// Cleared when the server has it and on signing out; entries of long ago go by themselves.
const PREFIX = "zhirong:draft:";
const MONTH = 30 * 24 * 3600 * 1000;

// A browser may refuse to store anything (private windows, full disks): typing must go on.
function attempt(act) {
  try {
    return act();
  } catch {
    return null;
  }
}

const keyOf = (form) => `${PREFIX}${form.dataset.owner}:${form.getAttribute("action")}`;
const read = (key) => attempt(() => JSON.parse(localStorage.getItem(key)));
const remove = (key) => attempt(() => localStorage.removeItem(key));
const keys = () => attempt(() => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX))) ?? [];

// `before` is an entry of an earlier page that the server does not have either; `sent` says that the form was sent.
export function remember(form, entries, before, sent = false) {
  const kept = entries.filter(([name]) => name !== "csrf_token" && name !== "request_key");
  const entry = { entries: kept, at: Date.now(), before: before && { ...before, before: null }, sent };
  attempt(() => localStorage.setItem(keyOf(form), JSON.stringify(entry)));
}

export const recall = (form) => read(keyOf(form));

export const forget = (form) => remove(keyOf(form));

export function forgetAll() {
  keys().forEach(remove);
}

// A page that came as an answer shows that the server took what was sent.
export function forgetOld() {
  const status = performance.getEntriesByType("navigation")[0]?.responseStatus || 200;
  const isTaken = status < 400 || status === 409 || status === 422;
  for (const key of keys()) {
    const entry = read(key);
    if (!entry || Date.now() - entry.at > MONTH || (entry.sent && isTaken)) remove(key);
  }
}
