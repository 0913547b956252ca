// What every element carries beyond BPMN, by the same names as the server uses. What is missing at the time of saving
// and was there after reading was taken away by the author; the server refuses the loss of anything else.
const NAMES = ["name", "target", "id"];
const BPMN = new Set(["bpmn", "bpmndi", "dc", "di"]);

export function inventory(definitions) {
  const found = new Map();
  walk(definitions, definitions.id ?? "", found, new Set());
  return found;
}

// Keys such as `t_check zr:parameter case_no` of what `before` has and `after` lacks.
export function removed(before, after) {
  const keys = [];
  for (const [id, labels] of before) {
    const left = after.get(id);
    if (!left) continue;
    for (const [label, count] of labels) if ((left.get(label) ?? 0) < count) keys.push(`${id} ${label}`.trim());
  }
  return keys;
}

function walk(element, around, found, seen) {
  if (seen.has(element)) return;
  seen.add(element);
  const owner = element.id ?? around;
  if (!found.has(owner)) found.set(owner, new Map());
  const labels = found.get(owner);
  for (const name of attributesOf(element)) count(labels, name);
  for (const child of element.extensionElements ? childrenOf(element.extensionElements) : []) label(child, "", labels);
  for (const child of childrenOf(element)) {
    if (child.$type !== "bpmn:ExtensionElements" && !child.$type.startsWith("bpmndi:")) walk(child, owner, found, seen);
  }
}

function* attributesOf(element) {
  for (const property of element.$descriptor?.properties ?? []) {
    const prefix = property.ns?.prefix;
    if (property.isAttr && !BPMN.has(prefix) && own(element, property.name) !== undefined) yield named(property.ns.name);
  }
  for (const name of Object.keys(element.$attrs ?? {})) {
    if (name.includes(":") && !/^(xmlns|xsi|xml):/.test(name)) yield named(name);
  }
}

function own(element, name) {
  const value = element.get?.(name);
  return Object.hasOwn(element, name) || Object.hasOwn(element, name.split(":").pop()) ? value : undefined;
}

function label(element, path, labels) {
  const kind = named(element.$type);
  const name = path ? "" : NAMES.map((key) => element[key] ?? element.$attrs?.[key]).find(Boolean) ?? "";
  count(labels, `${path}${kind} ${name}`.trim());
  for (const child of childrenOf(element)) label(child, `${path}${kind}/`, labels);
}

function* childrenOf(element) {
  yield* element.$children ?? [];
  for (const property of element.$descriptor?.properties ?? []) {
    if (property.isAttr || property.isReference || property.isBody || property.isVirtual) continue;
    for (const value of [element.get(property.name)].flat()) if (value?.$type) yield value;
  }
}

// Ours with their prefix, as the server counts them: other prefixes may change on the way.
function named(name) {
  const [prefix, local] = name.includes(":") ? name.split(":") : ["", name];
  const kind = `${local[0].toLowerCase()}${local.slice(1)}`;
  return prefix === "zr" ? `zr:${kind}` : kind;
}

const count = (labels, name) => labels.set(name, (labels.get(name) ?? 0) + 1);
