// What the panel and the list of findings ask about the drawn elements, of an editor or a viewer.
export function elementsOf(modeler, type) {
  return modeler.get("elementRegistry").filter((item) => item.businessObject.$type === type && !item.labelTarget)
    .map((item) => ({ value: item.id, label: `${item.businessObject.name ?? ""}（${item.id}）` }));
}

export function usedStates(modeler) {
  const elements = modeler.get("elementRegistry").getAll();
  return [...new Set(elements.map((item) => item.businessObject?.get?.("zr:caseState")).filter(Boolean))].sort();
}

export function goTo(modeler, id) {
  const element = modeler.get("elementRegistry").get(id);
  if (!element) return;
  const canvas = modeler.get("canvas");
  const root = canvas.findRoot(element);
  if (root && root !== canvas.getRootElement()) canvas.setRootElement(root);
  canvas.scrollToElement(element, 150);
  modeler.get("selection").select(element.parent ? element : null);
  canvas.getContainer().scrollIntoView({ block: "nearest" });
}
