// The words of bpmn-js and its companions in the page's language. What the dictionary lacks is recorded, so that a
// test can name it: `untranslated` holds the templates.
import upstream from "bpmn-js-i18n/translations/zn";
import { isEnglish } from "../shared/language.js";
import { own } from "./words.js";

const words = { ...upstream, ...own };
export const untranslated = new Set();

export function translate(template, values = {}) {
  return fill(find(template), values);
}

function find(template) {
  if (isEnglish || !/[A-Za-z]/.test(template)) return template;
  if (template in words) return words[template];
  if (isOurs(template)) return template;
  untranslated.add(template);
  return template;
}

// Names of elements and our own labels pass through the same function.
const isOurs = (template) => /\p{Script=Han}/u.test(template);

function fill(template, values) {
  return template.replace(/\{([^}]+)\}/g, (whole, key) => values[key] ?? whole);
}

export const translationModule = { translate: ["value", translate] };

// Token simulation and the minimap write English into the page themselves: their texts are replaced where they appear.
export function translatePage(container) {
  if (isEnglish) return;
  const observer = new MutationObserver((records) => {
    for (const record of records) for (const node of record.addedNodes) replaceTexts(node);
  });
  observer.observe(container, { childList: true, subtree: true });
  replaceTexts(container);
}

const FOREIGN = "[class*=bts-], .djs-minimap, .djs-search-container";

function replaceTexts(node) {
  if (node.nodeType === Node.TEXT_NODE) {
    if (node.parentElement?.closest(FOREIGN)) replaceText(node);
    return;
  }
  if (node.nodeType !== Node.ELEMENT_NODE) return;
  for (const part of [node, ...node.querySelectorAll(FOREIGN)]) {
    if (!part.closest?.(FOREIGN)) continue;
    for (const titled of [part, ...part.querySelectorAll("[title], [placeholder]")]) replaceAttributes(titled);
    const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) replaceText(walker.currentNode);
  }
}

function replaceText(node) {
  const text = node.data.trim();
  if (!text || node.parentElement.closest("svg, style, .bts-scope, .djs-search-result")) return;
  const found = lookUp(text);
  if (found !== text) node.data = node.data.replace(text, found);
}

function replaceAttributes(element) {
  for (const name of ["title", "placeholder"]) {
    const text = element.getAttribute(name);
    const found = text ? lookUp(text) : text;
    if (found !== text) element.setAttribute(name, found);
  }
}

// Elements are named in our words already; only what is nothing but English letters belongs to the library.
function lookUp(text) {
  const told = text.match(/^(.*) (started|finished|canceled)$/);
  if (told) return `${words[told[1]] ?? told[1]}${words[told[2]]}`;
  const [, head, tail = ""] = text.match(/^(Focus process instance|Set animation speed =)\s*(.*)$/) ?? [null, text];
  if (head in words) return tail ? `${words[head]} ${words[tail] ?? tail}` : words[head];
  if (/^[A-Z][A-Za-z/ ,.-]+$/.test(text)) untranslated.add(text);
  return text;
}
