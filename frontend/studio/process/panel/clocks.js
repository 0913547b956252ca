// Legal clocks of an element: which one begins, stands still or ends here, and within how many working days.
import { ListGroup } from "@bpmn-io/properties-panel";
import { isAny } from "bpmn-js/lib/util/ModelUtil";
import { say } from "../../shared/language.js";
import { days, note, pick, text } from "./entries.jsx";
import { addExtension, extensionsOf, writeExtensions } from "./lists.js";

const NAME = /^[a-z][a-z0-9_]{0,39}$/;
const ACTS = [
  { value: "start", label: say("开始计时", "begins") },
  { value: "suspend", label: say("停留期间中止计时", "stands still while the case is here") },
  { value: "stop", label: say("计时结束", "ends") },
];
const OWNERS = [
  { value: "", label: say("案件", "the case") },
  { value: "instance", label: say("本流程（如复核），与案件其他时限分开", "this process alone, as an appeal") },
];

// The clocks that this diagram and the others of the draft begin.
export function clockNames(studio) {
  const found = new Map(studio.options.clocks.map((item) => [item.value, item.label]));
  for (const element of studio.modeler.get("elementRegistry").getAll()) {
    for (const clock of extensionsOf(element.businessObject ?? {}, "zr:Clock")) {
      if (clock.name && (clock.act === "start" || !found.has(clock.name))) found.set(clock.name, labelOf(clock));
    }
  }
  return [...found].map(([value, label]) => ({ value, label }));
}

export function clockGroup(studio, element, bind) {
  const holder = element.businessObject;
  return {
    id: "clocks", label: say("法定时限", "Legal clocks"), component: ListGroup,
    items: extensionsOf(holder, "zr:Clock").map((clock, index) => ({
      id: `clock-${index}`,
      label: `${say("时限", "Clock")} ${labelOf(clock)}`,
      autoFocusEntry: `clock-${index}-act`,
      entries: entriesOf(studio, bind, element, clock, `clock-${index}`),
      remove: (event) => {
        event.stopPropagation();
        writeExtensions(studio, element, holder, (values) => values.filter((other) => other !== clock));
      },
    })),
    add: (event) => {
      event.stopPropagation();
      addExtension(studio, element, holder, "zr:Clock", { name: clockNames(studio)[0]?.value ?? "clock", act: "start" });
    },
  };
}

const labelOf = (clock) => {
  const label = say(clock.label ?? "", clock.labelEn ?? clock.label ?? "");
  return label ? `${label}（${clock.name}）` : clock.name ?? "";
};

function entriesOf(studio, bind, element, clock, id) {
  const fresh = { get: () => "", set: (value) => value && !nameMistake(value) && bind(clock, "name").set(value) };
  return [
    pick(`${id}-act`, say("在此环节", "At this element it"), actOf(studio, element, clock), actsOf(element, clock)),
    pick(`${id}-name`, say("时限", "Clock"), bind(clock, "name"), clockNames(studio)),
    text(`${id}-name-new`, say("或新建（小写英文名称）", "Or a new one (a name in small letters)"), fresh, { validate: nameMistake }),
    ...(clock.act === "start" ? startEntries(studio, bind, clock, id) : [note(`${id}-note`, hintOf(clock.act))]),
  ];
}

const nameMistake = (value) => (value && !NAME.test(value) ? say("以小写字母开头，只含小写字母、数字和下划线", "Small letters, digits and _, no digit first") : null);

// A field that disappears writes its text once more: then it is no start any longer.
function startEntries(studio, bind, clock, id) {
  const ofStart = (name) => {
    const bound = bind(clock, name);
    return { ...bound, set: (value) => clock.act === "start" && bound.set(value) };
  };
  return [
    days(`${id}-limit`, say("工作日数", "Working days"), ofStart("limit"), studio),
    text(`${id}-since`, say("起算时间（FEEL，空为到达此环节时）", "Since (FEEL; empty: when the case comes here)"), ofStart("since")),
    pick(`${id}-of`, say("属于", "It belongs to"), ofStart("of"), OWNERS),
    text(`${id}-label`, say("名称", "Name"), ofStart("label")),
    text(`${id}-labelEn`, say("英文名称", "English name"), ofStart("labelEn")),
  ];
}

const hintOf = (act) => (act === "suspend" ? say("案件离开此环节后自动恢复计时。", "It runs again when the case leaves this element.") : "");

// Limit and names belong to where a clock begins; elsewhere they are an error.
function actOf(studio, element, clock) {
  const nothing = { limit: undefined, label: undefined, labelEn: undefined, of: undefined, since: undefined };
  return {
    get: () => clock.act ?? "",
    set: (act) => act && act !== clock.act && studio.modeler.get("modeling").updateModdleProperties(element, clock, { act, ...(act === "start" ? {} : nothing) }),
  };
}

// Only where a case stays can a clock stand still.
function actsOf(element, clock) {
  const stays = isAny(element.businessObject, ["bpmn:Activity", "bpmn:IntermediateCatchEvent"]);
  return ACTS.filter(({ value }) => value !== "suspend" || stays || clock.act === value);
}
