// Between the file and form-js: what the editor adds by itself is taken away again, so that a form that nobody
// changed is written as it was read.

// form-js gives every component a row of its own; only rows that components share mean anything.
export function cleanSchema(schema, original) {
  const { type, schemaVersion, id, properties, components, ...rest } = schema;
  delete rest.exporter;
  const head = { type, schemaVersion: original.schemaVersion ?? schemaVersion, id, properties };
  return ordered({ ...head, ...rest, components: cleanAll(components ?? [], knownOf(original)) }, original);
}

function knownOf(node, found = new Map()) {
  for (const component of node.components ?? []) {
    found.set(component.id, component);
    knownOf(component, found);
  }
  return found;
}

function cleanAll(components, known) {
  const rows = new Map();
  for (const { layout } of components) if (layout?.row) rows.set(layout.row, (rows.get(layout.row) ?? 0) + 1);
  return components.map((component) => clean(component, known, rows));
}

function clean(component, known, rows) {
  const before = known.get(component.id) ?? {};
  const found = { ...component };
  const layout = Object.fromEntries(Object.entries(component.layout ?? {}).filter(([name, value]) =>
    value !== null && (name !== "row" || rows.get(value) > 1 || before.layout?.row === value)));
  if (Object.keys(layout).length) found.layout = layout;
  else if (!before.layout) delete found.layout;
  if (component.components) found.components = cleanAll(component.components, known);
  for (const name of ["properties", "validate", "appearance", "conditional"]) {
    if (found[name] && !Object.keys(found[name]).length && !before[name]) delete found[name];
  }
  return ordered(found, before);
}

// Keys in the order in which the file had them, new ones behind.
function ordered(found, before) {
  const names = [...Object.keys(before).filter((name) => name in found), ...Object.keys(found).filter((name) => !(name in before))];
  return Object.fromEntries(names.filter((name) => found[name] !== undefined).map((name) => [name, found[name]]));
}

export const writeSchema = (schema) => `${JSON.stringify(schema, null, 2)}\n`;
