// Groups of events and message tasks: message with its correlation, timer, condition, error, signal, escalation.
import { is, isAny } from "bpmn-js/lib/util/ModelUtil";
import { say } from "../../shared/language.js";
import { expression } from "./basics.js";
import { due, feel, pick, text } from "./entries.jsx";
import { namesOf, reference } from "./roots.js";

const TIMES = ["timeDate", "timeDuration", "timeCycle"];
const OTHERS = {
  "bpmn:ErrorEventDefinition": ["errorRef", "bpmn:Error", say("错误代码", "Error code")],
  "bpmn:SignalEventDefinition": ["signalRef", "bpmn:Signal", say("信号", "Signal")],
  "bpmn:EscalationEventDefinition": ["escalationRef", "bpmn:Escalation", say("升级代码", "Escalation code")],
};

export function eventGroups(studio, element, bind) {
  const bo = element.businessObject;
  if (isAny(bo, ["bpmn:SendTask", "bpmn:ReceiveTask"])) return [messageGroup(studio, element, bind, bo)];
  return (bo.get("eventDefinitions") ?? []).map((definition) => definitionGroup(studio, element, bind, definition)).filter(Boolean);
}

function definitionGroup(studio, element, bind, definition) {
  if (is(definition, "bpmn:MessageEventDefinition")) return messageGroup(studio, element, bind, definition);
  if (is(definition, "bpmn:TimerEventDefinition")) return timerGroup(studio, element, bind, definition);
  if (is(definition, "bpmn:ConditionalEventDefinition")) {
    return { id: "conditional", label: say("条件", "Condition"), shouldOpen: true,
      entries: [feel("event-condition", say("条件成立时触发", "Fires when"), expression(studio, element, definition, "condition"), studio, "formal")] };
  }
  if (is(definition, "bpmn:LinkEventDefinition")) {
    return { id: "link", label: say("链接", "Link"), shouldOpen: true, entries: [text("link-name", say("链接名", "Name of the link"), bind(definition, "name"))] };
  }
  const [property, type, label] = OTHERS[definition.$type] ?? [];
  if (!property) return null;
  return { id: "event", label, shouldOpen: true, entries: [
    ...named(studio, element, definition, property, type, label),
    ...(throwsIt(element) ? [] : [text("payloadVariable", say("内容存入变量", "Variable for the payload"), bind(element.businessObject, "zr:payloadVariable"))]),
  ] };
}

// Choose one that is known, or write a new name.
function named(studio, element, holder, property, type, label, known = []) {
  const bound = reference(studio, element, holder, property, type);
  const names = [...new Set([...known, ...namesOf(studio, type)])].sort();
  const fresh = { get: () => "", set: (value) => value && bound.set(value) };
  return [
    pick(property, label, bound, names.map((name) => ({ value: name, label: name }))),
    text(`${property}-new`, say("或新建", "Or a new one"), fresh),
  ];
}

const throwsIt = (element) => isAny(element.businessObject, ["bpmn:ThrowEvent", "bpmn:SendTask"]);

function messageGroup(studio, element, bind, holder) {
  const bo = element.businessObject;
  const known = studio.catalogue.messages.map((item) => item.value);
  const entries = named(studio, element, holder, "messageRef", "bpmn:Message", say("消息", "Message"), known);
  entries.push(feel("correlationKey", say("关联键", "Correlation key"), bind(bo, "zr:correlationKey"), studio, "value"));
  if (throwsIt(element)) entries.push(feel("payload", say("随消息发送的内容", "Payload"), bind(bo, "zr:payload"), studio, "value"));
  else entries.push(text("payloadVariable", say("内容存入变量", "Variable for the payload"), bind(bo, "zr:payloadVariable")));
  return { id: "message", label: say("消息", "Message"), entries, shouldOpen: true };
}

function timerGroup(studio, element, bind, definition) {
  const current = TIMES.find((name) => definition.get(name)) ?? "timeDate";
  const kind = {
    get: () => TIMES.find((name) => definition.get(name)) ?? "",
    set: (wanted) => {
      const value = definition.get(current) ?? studio.modeler.get("moddle").create("bpmn:FormalExpression", { body: "wd(5)" });
      const properties = Object.fromEntries(TIMES.map((name) => [name, name === wanted ? value : undefined]));
      value.$parent = definition;
      studio.modeler.get("modeling").updateModdleProperties(element, definition, properties);
    },
  };
  const value = expression(studio, element, definition, current);
  const field = current === "timeDate"
    ? due("time", say("时间", "Time"), value, studio, { prefix: "" })
    : feel("time", say("时间", "Time"), value, studio, "time");
  return { id: "timer", label: say("定时", "Timer"), shouldOpen: true, entries: [
    pick("time-kind", say("类型", "Kind"), kind, [
      { value: "timeDate", label: say("到某一时刻", "At an instant") }, { value: "timeDuration", label: say("经过一段时间", "After a duration") },
      { value: "timeCycle", label: say("重复", "Repeatedly") }]),
    field,
    text("payloadVariable", say("内容存入变量", "Variable for the payload"), bind(element.businessObject, "zr:payloadVariable")),
  ] };
}
