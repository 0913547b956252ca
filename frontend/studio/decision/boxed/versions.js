// Other versions of DMN than the one that dmn-js reads: their namespaces are exchanged on the way in and brought back on
// the way out, and the expressions that came with DMN 1.4 are described.
const OWN = { model: "https://www.omg.org/spec/DMN/20191111/MODEL/", di: "https://www.omg.org/spec/DMN/20191111/DMNDI/" };
const OTHERS = [
  { model: "https://www.omg.org/spec/DMN/20230324/MODEL/", di: "https://www.omg.org/spec/DMN/20230324/DMNDI/" },
  { model: "https://www.omg.org/spec/DMN/20211108/MODEL/", di: "https://www.omg.org/spec/DMN/20211108/DMNDI/" },
  { model: "http://www.omg.org/spec/DMN/20180521/MODEL/", di: "http://www.omg.org/spec/DMN/20180521/DMNDI/" },
  { model: "http://www.omg.org/spec/DMN/20151101/dmn.xsd" },
];

// The text in the version of dmn-js, and a function that brings another text back into the version of this one.
export function modernised(text) {
  const pairs = [];
  for (const other of OTHERS) {
    for (const [name, uri] of Object.entries(other)) if (text.includes(`"${uri}"`)) pairs.push([`"${uri}"`, `"${OWN[name]}"`]);
  }
  const exchange = (source, from, to) => pairs.reduce((result, pair) => result.replaceAll(pair[from], pair[to]), source);
  return { text: exchange(text, 0, 1), restore: (written) => exchange(written, 1, 0) };
}

const child = (name) => ({ name, type: "ChildExpression", xml: { serialize: "property" } });
const TYPES = [
  { name: "ChildExpression", superClass: ["DMNElement"], properties: [{ name: "typeRef", isAttr: true, type: "String" }, { name: "value", type: "Expression" }] },
  { name: "Conditional", superClass: ["Expression"], properties: ["if", "then", "else"].map(child) },
  { name: "Filter", superClass: ["Expression"], properties: ["in", "match"].map(child) },
  ...[["For", "return"], ["Some", "satisfies"], ["Every", "satisfies"]].map(([name, body]) => ({
    name, superClass: ["Expression"],
    properties: [{ name: "iteratorVariable", isAttr: true, type: "String" }, child("in"), child(body)],
  })),
];

export function describeNewer(moddle) {
  const dmn = moddle.getPackage("dmn");
  for (const type of structuredClone(TYPES)) moddle.registry.registerType(type, dmn);
}
