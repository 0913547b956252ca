// A new layout as one command: the drawn elements take the places that another text of the same diagram gives them, and
// one step back brings the former places again.
import { getDi, is } from "bpmn-js/lib/util/ModelUtil";
import { getExternalLabelBounds } from "bpmn-js/lib/util/LabelUtil";

const COMMAND = "zr.rearrange";

class Rearrange {
  constructor(bpmnUpdater) {
    this.updater = bpmnUpdater;
  }

  execute(context) {
    context.before ??= new Map([...context.after.keys()].map((element) => [element, placeOf(element)]));
    return this.place(context.after);
  }

  revert({ before }) {
    return this.place(before);
  }

  place(places) {
    for (const [element, place] of places) {
      Object.assign(element, place.of);
      if (element.waypoints) this.updater.updateConnectionWaypoints(element);
      else this.updater.updateBounds(element);
      if ("isHorizontal" in place) getDi(element).isHorizontal = place.isHorizontal;
    }
    return [...places.keys()];
  }
}
Rearrange.$inject = ["bpmnUpdater"];

const placeOf = (element) => element.waypoints
  ? { of: { waypoints: element.waypoints } }
  : { of: boundsOf(element), ...(isBand(element) ? { isHorizontal: getDi(element).isHorizontal } : {}) };

const boundsOf = ({ x, y, width, height }) => ({ x, y, width, height });
const isBand = (element) => !element.labelTarget && (is(element, "bpmn:Participant") || is(element, "bpmn:Lane"));

export class RearrangeCommand {
  constructor(commandStack) {
    commandStack.registerHandler(COMMAND, Rearrange);
  }
}
RearrangeCommand.$inject = ["commandStack"];

export const rearrangeModule = { __init__: ["rearrangeCommand"], rearrangeCommand: ["type", RearrangeCommand] };

// False, and nothing is changed, when the text draws other elements than stand in the editor.
export async function rearrange(modeler, text) {
  const { rootElement } = await modeler.get("moddle").fromXML(text);
  const drawn = new Map(rootElement.diagrams.flatMap(({ plane }) => plane.planeElement.map((di) => [di.bpmnElement?.id, di])));
  const elements = modeler.get("elementRegistry").filter((element) => element.parent);
  const owners = elements.filter((element) => !element.labelTarget);
  if (owners.length !== drawn.size || !owners.every((element) => fits(element, drawn.get(element.id)))) return false;
  const after = new Map(owners.map((element) => [element, wanted(element, drawn.get(element.id))]));
  for (const label of elements.filter((element) => element.labelTarget)) {
    const owner = { ...label.labelTarget, ...after.get(label.labelTarget).of };
    after.set(label, { of: getExternalLabelBounds(drawn.get(label.labelTarget.id), owner) });
  }
  modeler.get("commandStack").execute(COMMAND, { after });
  return true;
}

const fits = (element, di) => Boolean(element.waypoints ? di?.waypoint?.length > 1 : di?.bounds);

function wanted(element, di) {
  if (element.waypoints) return { of: { waypoints: di.waypoint.map(({ x, y }) => ({ x, y })) } };
  return { of: boundsOf(di.bounds), ...(isBand(element) ? { isHorizontal: di.isHorizontal } : {}) };
}
