// Values of tests between cells, where people type them, and the JSON that is kept.

// Numbers, true, null, lists and {…} are JSON; everything else is text, or FEEL when it begins with "=".
export function readCell(text) {
  const typed = text.trim();
  if (!typed) return undefined;
  try {
    return JSON.parse(typed);
  } catch {
    return typed;
  }
}

export function showValue(value) {
  if (value === undefined) return "";
  if (typeof value !== "string") return JSON.stringify(value);
  return readCell(value) === value ? value : JSON.stringify(value);
}

// Values for the inputs of a test from those of columns: only columns that are an input or a path into one.
export function inputsOf(witness, names) {
  const inputs = {};
  for (const [path, value] of Object.entries(witness)) {
    const steps = path.split(".");
    if (!/^[\p{L}_][\p{L}\p{N}_]*(\.[\p{L}_][\p{L}\p{N}_]*)*$/u.test(path) || !names.includes(steps[0])) return null;
    let place = inputs;
    for (const step of steps.slice(0, -1)) place = place[step] = typeof place[step] === "object" && place[step] ? place[step] : {};
    place[steps.at(-1)] = value;
  }
  return Object.keys(inputs).length ? inputs : null;
}
