// Between the file and form-js: what the editor adds by itself is taken away again, so that a form that nobody
// changed is written as it was read.

// What the editor made of a file by loading it: `original` as it was read, `loaded` as form-js holds it.
export class FileOfForm {
  constructor(original, loaded) {
    this.original = original;
    this.known = byId(original);
    this.loaded = byId(loaded);
  }

  // The schema as it is to be kept.
  clean(schema) {
    const { exporter: _exporter, ...rest } = schema;
    rest.schemaVersion = this.original.schemaVersion ?? schema.schemaVersion;
    return ordered({ ...rest, components: this.cleanAll(schema.components ?? []) }, this.original);
  }

  cleanAll(components) {
    const rows = new Map();
    for (const { layout } of components) if (layout?.row) rows.set(layout.row, (rows.get(layout.row) ?? 0) + 1);
    return components.map((component) => this.cleanOne(component, rows));
  }

  cleanOne(component, rows) {
    const before = this.known.get(component.id) ?? {};
    const loaded = this.loaded.get(component.id) ?? {};
    const found = { ...component };
    if (component.components) found.components = this.cleanAll(component.components);
    cleanLayout(found, before, rows);
    for (const [name, value] of Object.entries(found)) {
      const isTheirs = !(name in before) && name in loaded && same(value, loaded[name]);
      const isLeftOver = !(name in before) && GROUPS.includes(name) && !Object.keys(value ?? {}).length;
      if (name !== "layout" && (isTheirs || isLeftOver)) delete found[name];
    }
    return ordered(found, before);
  }
}

const GROUPS = ["properties", "validate", "appearance", "conditional"];
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

// form-js gives every component a row of its own; only rows that components share mean anything.
function cleanLayout(found, before, rows) {
  const layout = Object.fromEntries(Object.entries(found.layout ?? {}).filter(([name, value]) =>
    value !== null && (name !== "row" || rows.get(value) > 1 || before.layout?.row === value)));
  if (Object.keys(layout).length || before.layout) found.layout = layout;
  else delete found.layout;
}

function byId(node, found = new Map()) {
  for (const component of node.components ?? []) {
    found.set(component.id, component);
    byId(component, found);
  }
  return found;
}

// Keys in the order in which the file had them, new ones behind.
function ordered(found, before) {
  const names = [...Object.keys(before).filter((name) => name in found), ...Object.keys(found).filter((name) => !(name in before))];
  return Object.fromEntries(names.filter((name) => found[name] !== undefined).map((name) => [name, found[name]]));
}

export const writeSchema = (schema) => `${JSON.stringify(schema, null, 2)}\n`;
