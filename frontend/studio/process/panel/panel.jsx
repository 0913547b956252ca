// The properties panel: our own groups for the selected element, else for the process.
import "@bpmn-io/properties-panel/assets/properties-panel.css";
import { PropertiesPanel } from "@bpmn-io/properties-panel";
import { render } from "@bpmn-io/properties-panel/preact";
import { getBusinessObject, is, isAny } from "bpmn-js/lib/util/ModelUtil";
import { isEventSubProcess, isExpanded } from "bpmn-js/lib/util/DiUtil";
import { say } from "../../shared/language.js";
import { translate } from "../translation.js";
import { caseState, clauses, documentation, flowGroup, foreign, general, laneGroup, processGroups } from "./basics.js";
import { clockGroup } from "./clocks.js";
import { binder } from "./entries.jsx";
import { eventGroups } from "./events.js";
import { callGroups, decisionGroups, repetitionGroup, scriptGroup, serviceTaskGroups, userTaskGroups } from "./tasks.js";

const SPECIAL = [
  ["bpmn:UserTask", userTaskGroups], ["bpmn:ServiceTask", serviceTaskGroups], ["bpmn:BusinessRuleTask", decisionGroups],
  ["bpmn:CallActivity", callGroups], ["bpmn:ScriptTask", scriptGroup], ["bpmn:Event", eventGroups],
  ["bpmn:SendTask", eventGroups], ["bpmn:ReceiveTask", eventGroups], ["bpmn:Lane", laneGroup], ["bpmn:SequenceFlow", flowGroup],
];

// The panel keeps by itself which groups are open; another object here would close what was just opened.
const LAYOUT = {};

export function mountPanel(container, studio) {
  const { modeler } = studio;
  const eventBus = modeler.get("eventBus");
  const draw = () => {
    const selected = modeler.get("selection").get();
    const element = selected.length > 1 ? selected : selected[0] ?? modeler.get("canvas").getRootElement();
    if (!element || element.isImplicit) return;
    render(
      <PropertiesPanel element={Array.isArray(element) ? element : withoutLabel(element)} groups={Array.isArray(element) ? [] : groupsOf(studio, withoutLabel(element))}
        headerProvider={header} placeholderProvider={placeholder} layoutConfig={LAYOUT} eventBus={eventBus} />, container);
  };
  if (studio.isReadOnly) lock(container);
  let asked = 0;
  const later = () => {
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(draw);
  };
  eventBus.on(["selection.changed", "elements.changed", "import.done", "root.set"], later);
  studio.redrawPanel = later;
  draw();
}

// Whatever the panel draws cannot be changed; groups still open and close.
function lock(container) {
  container.classList.add("is-locked");
  const lockAll = () => {
    for (const field of container.querySelectorAll(":is(input, select, textarea):enabled")) field.disabled = true;
  };
  new MutationObserver(lockAll).observe(container, { childList: true, subtree: true, attributes: true, attributeFilter: ["disabled"] });
}

const withoutLabel = (element) => element.labelTarget ?? element;

export function groupsOf(studio, element) {
  const bo = getBusinessObject(element);
  const bind = binder(studio, element);
  const groups = [];
  if (isAny(bo, ["bpmn:Collaboration", "bpmn:Process"]) || is(bo, "bpmn:Participant")) {
    if (is(bo, "bpmn:Participant")) groups.push(general(studio, element, bind));
    const process = is(bo, "bpmn:Process") ? bo : is(bo, "bpmn:Participant") ? bo.processRef : bo.participants?.find((item) => item.processRef)?.processRef;
    if (process) groups.push(...processGroups(studio, element, bind, process));
    return translated(groups);
  }
  groups.push(general(studio, element, bind));
  for (const [type, make] of SPECIAL) if (is(bo, type)) groups.push(...[make(studio, element, bind)].flat().filter(Boolean));
  if (is(bo, "bpmn:Activity") && !isEventSubProcess(element)) groups.push(repetitionGroup(studio, element, bind));
  if (is(bo, "bpmn:FlowNode")) groups.push(clockGroup(studio, element, bind), caseState(studio, element, bind), clauses(studio, bind, bo));
  groups.push(documentation(studio, element, bo), foreign(element));
  return translated(groups);
}

const translated = (groups) => groups.filter(Boolean).map((group) => ({ ...group, translate }));

const header = {
  getElementLabel: (element) => getBusinessObject(element).name ?? "",
  getTypeLabel: (element) => translate(typeLabel(element)),
  getElementIcon: () => null,
};
const placeholder = {
  getEmpty: () => ({ text: say("选中一个元素以查看属性。", "Select an element to see its properties.") }),
  getMultiple: () => ({ text: say("选中了多个元素。", "Several elements are selected.") }),
};

// The names that the replace menu uses, so that one dictionary serves both.
function typeLabel(element) {
  const bo = getBusinessObject(element);
  const type = bo.$type.split(":")[1];
  if (type === "Collaboration") return "Process";
  if (type === "Participant") return "Pool";
  if (type === "SubProcess") return isEventSubProcess(element) ? "Event sub-process" : isExpanded(element) ? "Sub-process (expanded)" : "Sub-process (collapsed)";
  const words = type.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  const trigger = bo.eventDefinitions?.[0]?.$type.split(":")[1].replace("EventDefinition", "").toLowerCase();
  const full = trigger ? `${trigger} ${words}` : words;
  return full[0].toUpperCase() + full.slice(1);
}
