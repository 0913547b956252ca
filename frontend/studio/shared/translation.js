// Labels of the third-party editors in the page's language. What a dictionary lacks is recorded, and a test looks
// at the record.
import { isEnglish } from "./language.js";

export const untranslated = new Set();

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (values && name in values ? values[name] : whole));
}

// A `translate` function for editors that ask for one.
export function translator(dictionary) {
  return (template, values) => {
    if (isEnglish || !/[A-Za-z]/.test(template)) return fill(template, values);
    const key = template.trim();
    const found = dictionary[key];
    if (found === undefined && !isOurs(key)) untranslated.add(key);
    return fill(found ?? template, values);
  };
}

const ATTRIBUTES = ["title", "placeholder", "aria-label", "data-placeholder", "alt"];
const SKIPPED = "textarea, script, style, [contenteditable], .cm-content";

// For labels that are written into the page directly: replaces exact texts inside elements that match `within`, now
// and whenever they change. What people typed stands outside of `within` or inside of `skip`; inside of `quiet` our
// labels stand among theirs, and nothing is recorded; `ours` is drawn by us and left alone.
export function translateDom(root, dictionary, { within, skip = "", quiet = "", ours = "[data-ours]" }) {
  if (isEnglish) return;
  const skipped = [SKIPPED, skip, ours].filter(Boolean).join(", ");

  function say(text, owner) {
    const key = text.trim();
    if (!/[A-Za-z]{2}/.test(key) || /\p{Script=Han}/u.test(key)) return undefined;
    const found = dictionary[key] ?? counted(key, dictionary);
    if (found === undefined && !isOurs(key) && !(quiet && owner.closest(quiet))) untranslated.add(key);
    return found === undefined ? undefined : text.replace(key, found);
  }

  function visitText(node) {
    const owner = node.parentElement;
    if (!owner?.closest(within) || owner.closest(skipped)) return;
    const found = say(node.data, owner);
    if (found !== undefined) node.data = found;
  }

  function visitAttributes(element) {
    if (!element.closest(within) || element.closest(`.cm-content, ${ours}`)) return;
    for (const name of ATTRIBUTES) {
      const value = element.getAttribute(name);
      const found = value ? say(value, element) : undefined;
      if (found !== undefined) element.setAttribute(name, found);
    }
  }

  function visit(node) {
    if (node.nodeType === Node.TEXT_NODE) {
      visitText(node);
      return;
    }
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    visitAttributes(node);
    for (const child of node.childNodes) visit(child);
  }

  visit(root);
  new MutationObserver((records) => {
    for (const record of records) {
      if (record.type === "characterData") visitText(record.target);
      else if (record.type === "attributes") visitAttributes(record.target);
      else for (const node of record.addedNodes) visit(node);
    }
  }).observe(root, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ATTRIBUTES });
}

// Texts with one number or quoted name in them stand in a dictionary with `#` for it.
function counted(key, dictionary) {
  const part = key.match(/'[^']*'|\d+/)?.[0];
  return part === undefined ? undefined : dictionary[key.replace(part, "#")]?.replace("#", part);
}

// Names of types, languages and ids are the same in every language, and so is the mark of the libraries.
function isOurs(key) {
  return /^(Powered by bpmn\.io|FEEL|JSON|HTML|CSS|ID|URL|PDF|UTC|Markdown|[a-z][\w.]*|[a-z]+[A-Z]\w*|[=<>{"'].*)$/s.test(key);
}
