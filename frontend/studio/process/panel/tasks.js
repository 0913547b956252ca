// Groups of the tasks: who does them, with which form, operation, decision or called process, and how often.
import { is } from "bpmn-js/lib/util/ModelUtil";
import { say } from "../../shared/language.js";
import { expression } from "./basics.js";
import { clockNames } from "./clocks.js";
import { check, due, feel, many, note, people, pick, text } from "./entries.jsx";
import { pairs, parameter, extensionsOf } from "./lists.js";

export function userTaskGroups(studio, element, bind) {
  const bo = element.businessObject;
  const { options } = studio;
  const others = studio.elementsOf("bpmn:UserTask").filter((item) => item.value !== bo.id);
  return [
    { id: "form", label: say("表单", "Form"), shouldOpen: true, entries: [
      pick("formKey", say("表单", "Form"), bind(bo, "zr:formKey"), options.forms),
      text("resultVariable", say("填写结果存入变量", "Variable for what is filled in"), bind(bo, "zr:resultVariable")),
    ] },
    pairs(studio, element, bind, { id: "prefill", label: say("预填字段", "Prefilled fields"), type: "zr:Prefill", name: "target", value: "value",
      nameLabel: say("字段", "Field"), valueLabel: say("值", "Value") }),
    { id: "people", label: say("办理人", "Who does it"), entries: [
      people("candidates", say("候选人（不填则按泳道）", "Candidates (else those of the lane)"), bind(bo, "zr:candidates"), studio),
      feel("assignee", say("指定办理人", "Assignee"), bind(bo, "zr:assignee"), studio, "value"),
      pick("duty", say("行使的职责", "Duty exercised"), bind(bo, "zr:duty"), options.duties),
      many("separateFrom", say("不得由行使过下列职责的人办理", "Not by who exercised these duties"), bind(bo, "zr:separateFrom"),
        [{ value: "any", label: say("任何职责", "any duty") }, ...options.duties]),
      many("notActorOf", say("不得由办理过下列环节的人办理", "Not by who completed these steps"), bind(bo, "zr:notActorOf"), others),
      pick("sealed", say("密封（启封前只有填写人可见）", "Sealed (only its author sees it until opened)"), bind(bo, "zr:sealed"),
        [{ value: "true", label: say("密封", "sealed") }]),
    ] },
    { id: "due", label: say("时限与优先级", "Time limit and priority"), entries: [
      ...limits(studio, bind, bo),
      feel("priority", say("优先级", "Priority"), bind(bo, "zr:priority"), studio, "value"),
    ] },
    operations(studio, element, bind),
    { id: "live", label: say("填写时试算", "Computed while filling in"), entries: [
      many("liveRules", say("规则任务", "Rule tasks"), bind(bo, "zr:liveRules"), studio.elementsOf("bpmn:BusinessRuleTask"))] },
  ];
}

// Due by a limit of its own, or when a legal clock runs out; who is reminded, and who is told when it is late.
function limits(studio, bind, bo) {
  const [own, clock] = [bind(bo, "zr:due"), bind(bo, "zr:dueClock")];
  return [
    ...(clock.get() && !own.get() ? [] : [due("due", say("办理时限", "Time limit"), own, studio)]),
    ...(own.get() && !clock.get() ? [] : [pick("dueClock", say("或：随法定时限到期", "Or: when a legal clock runs out"), clock, clockNames(studio))]),
    text("remind", say("到期前几个工作日提醒（如 5 1）", "Remind so many working days before (5 1)"), bind(bo, "zr:remind"), { validate: (value) => daysMistake(value) }),
    text("escalate", say("逾期几个工作日后报告负责人", "Tell the heads so many working days after"), bind(bo, "zr:escalate"), { validate: (value) => daysMistake(value, 1) }),
    pick("escalateTo", say("逾期同时报告", "And tell besides"), bind(bo, "zr:escalateTo"), studio.options.groups),
  ];
}

function daysMistake(value = "", most = 9) {
  const words = value.split(" ").filter(Boolean);
  const isWrong = words.length > most || words.some((word) => !/^\d{1,2}$/.test(word));
  return isWrong ? say("填 0 至 99 的整数", "Whole numbers from 0 to 99") : null;
}

// Which operations of the task are switched on, and how the votes of several people decide; all from the server's lists.
function operations(studio, element, bind) {
  const bo = element.businessObject;
  const { options } = studio;
  const whether = [{ value: "allow", label: say("允许", "allowed") }, { value: "exclude", label: say("排除", "excluded") }];
  return { id: "operations", label: say("任务操作与会签", "Operations and votes"), entries: [
    many("operations", say("允许的操作（不填则只能转办）", "Operations allowed (else transfer only)"), bind(bo, "zr:operations"), options.operations),
    ...voteEntries(bind(bo, "zr:decision"), options.rules),
    text("decisionVariable", say("会签结论存入变量", "Variable for the outcome of the votes"), bind(bo, "zr:decisionVariable")),
    feel("signers", say("会签人", "Who votes"), bind(bo, "zr:signers"), studio, "value"),
    feel("ballot", say("交付表决的事项（集体审议）", "What a board votes on"), bind(bo, "zr:ballot"), studio, "value"),
    feel("copyTo", say("抄送给", "Copies to"), bind(bo, "zr:copyTo"), studio, "value"),
    pick("emptyApprover", say("无人可办时交给", "When there is nobody, to"), bind(bo, "zr:emptyApprover"), options.groups),
    pick("initiatorApprover", say("办理人是发起人时", "When it would be the initiator"), bind(bo, "zr:initiatorApprover"), whether),
    pick("repeatedApprover", say("办理人已办过前一环节时", "When the same person acted before"), bind(bo, "zr:repeatedApprover"), whether),
  ] };
}

// A rule is a word, for some with the share that has to agree: `ratio 2/3`.
function voteEntries(bound, rules) {
  const [kind = "", share = ""] = bound.get().split(/\s+/);
  const shared = rules.find((rule) => rule.value === kind)?.share;
  const rule = { get: () => kind, set: (value) => bound.set(rules.find((item) => item.value === value)?.share ? `${value} ${share || "60%"}` : value) };
  const part = { get: () => share, set: (value) => bound.set(`${kind} ${value || "60%"}`) };
  const entries = [pick("decision", say("会签规则", "Rule for the votes"), rule, rules)];
  if (shared) entries.push(text("decision-share", say("须同意的比例（60% 或 2/3）", "Share that has to agree (60% or 2/3)"), part));
  return entries;
}

export function serviceTaskGroups(studio, element, bind) {
  const bo = element.businessObject;
  const chosen = studio.catalogue.delegates.find((item) => item.value === bo.get("zr:delegate"));
  const known = new Set(chosen?.parameters.map((item) => item.name));
  const stray = extensionsOf(bo, "zr:Parameter").filter((item) => !known.has(item.name)).map((item) => item.name);
  const entries = [
    pick("delegate", say("操作", "Operation"), bind(bo, "zr:delegate"), studio.options.delegates),
    ...(chosen ? [note("delegate-text", chosen.text)] : []),
    text("resultVariable", chosen && chosen.result !== "null" ? say("结果存入变量（{type}）", "Variable for the result ({type})", { type: chosen.result }) : say("结果存入变量", "Variable for the result"), bind(bo, "zr:resultVariable")),
  ];
  const fields = (chosen?.parameters ?? []).map((item) => feel(`parameter-${item.name}`,
    say("{name}：{type}{must}", "{name}: {type}{must}", { name: item.name, type: item.type, must: item.required ? say("（必填）", " (required)") : "" }),
    parameter(studio, element, item.name), studio, "value", { hint: say("文字，或 = 表达式", "text, or = expression") }));
  const wrong = stray.map((name) => feel(`parameter-${name}`, say("{name}：该操作没有此参数", "{name}: the operation has no such parameter", { name }), parameter(studio, element, name), studio, "value"));
  const again = [{ value: "true", label: say("可以重做", "may be done again") }, { value: "false", label: say("不可重做，阻止退回", "must not: bars the return") }];
  entries.push(pick("repeatable", say("案件退回经过此处时", "When a case is led back over it"), bind(bo, "zr:repeatable"), again, { none: say("按操作的性质", "as the operation says") }));
  return [
    { id: "service", label: say("系统操作", "Service operation"), entries, shouldOpen: true },
    { id: "parameters", label: say("参数", "Parameters"), entries: [...fields, ...wrong], shouldOpen: true },
  ].filter((group) => group.entries.length);
}

export function decisionGroups(studio, element, bind) {
  const bo = element.businessObject;
  const chosen = studio.catalogue.decisions.find((item) => item.value === bo.get("zr:decisionRef"));
  const used = extensionsOf(bo, "zr:Parameter").map((item) => item.name);
  const names = [...new Set([...(chosen?.inputs ?? []), ...used])];
  return [
    { id: "decision", label: say("决策", "Decision"), shouldOpen: true, entries: [
      pick("decisionRef", say("决策表", "Decision"), bind(bo, "zr:decisionRef"), studio.options.decisions),
      text("resultVariable", say("结果存入变量", "Variable for the result"), bind(bo, "zr:resultVariable")),
      ...(chosen ? [linkTo(studio, chosen.value)] : []),
    ] },
    { id: "inputs", label: say("输入（不填则按同名变量）", "Inputs (else the variables of these names)"),
      entries: names.map((name) => feel(`parameter-${name}`, name, parameter(studio, element, name), studio, "value")) },
  ].filter((group) => group.entries.length);
}

const linkTo = (studio, key) => note("decision-link", say("决策表文件：bpmn/{key}.dmn", "File of the decision: bpmn/{key}.dmn", { key }));

export function callGroups(studio, element, bind) {
  const bo = element.businessObject;
  return [
    { id: "called", label: say("被调用的流程", "Called process"), shouldOpen: true,
      entries: [pick("calledElement", say("流程", "Process"), bind(bo, "calledElement"), studio.options.processes)] },
    pairs(studio, element, bind, { id: "in", label: say("传入", "Passed in"), type: "zr:In", name: "target", value: "source",
      nameLabel: say("被调用流程的变量", "Variable of the called process"), valueLabel: say("值", "Value") }),
    pairs(studio, element, bind, { id: "out", label: say("传出", "Passed out"), type: "zr:Out", name: "target", value: "source",
      nameLabel: say("本流程的变量", "Variable of this process"), valueLabel: say("值（按被调用流程的变量计算）", "Value (computed in the called process)") }),
  ];
}

export function scriptGroup(studio, element, bind) {
  const bo = element.businessObject;
  const script = { get: () => bo.get("script") ?? "", set: (value) => studio.modeler.get("modeling").updateProperties(element, { script: value || undefined, scriptFormat: "feel" }) };
  return { id: "script", label: say("脚本", "Script"), shouldOpen: true, entries: [
    feel("script", say("赋值", "Assignments"), script, studio, "script", { description: say("每行：变量名 = FEEL 表达式；续行以空格开头", "A line each: name = FEEL expression; continued lines begin with a blank") })] };
}

export function repetitionGroup(studio, element, bind) {
  const bo = element.businessObject;
  const loop = bo.get("loopCharacteristics");
  const entries = [pick("repetition", say("重复", "Repetition"), kindOfLoop(studio, element), [
    { value: "parallel", label: say("多实例，同时", "Multi-instance, parallel") }, { value: "sequential", label: say("多实例，依次", "Multi-instance, sequential") },
    { value: "loop", label: say("循环", "Loop") }], { none: say("不重复", "Once") })];
  if (is(loop, "bpmn:MultiInstanceLoopCharacteristics")) {
    const holder = (name) => (loop.get(name) === undefined && bo.get(name) !== undefined ? bo : loop);
    entries.push(
      feel("collection", say("集合", "Collection"), bind(holder("zr:collection"), "zr:collection"), studio, "value"),
      feel("cardinality", say("或：次数", "Or: number of runs"), expression(studio, element, loop, "loopCardinality"), studio, "formal"),
      text("elementVariable", say("每项存入变量", "Variable for the item"), bind(holder("zr:elementVariable"), "zr:elementVariable")),
      text("outputCollection", say("结果汇总到变量", "Variable for all results"), bind(holder("zr:outputCollection"), "zr:outputCollection")),
      feel("outputElement", say("每项的结果", "Result of an item"), bind(holder("zr:outputElement"), "zr:outputElement"), studio, "value"),
      feel("completionCondition", say("提前完成的条件", "Complete early when"), expression(studio, element, loop, "completionCondition"), studio, "formal",
        { description: say("可用 nrOfInstances、nrOfCompletedInstances、nrOfActiveInstances", "nrOfInstances, nrOfCompletedInstances, nrOfActiveInstances may be used") }),
    );
  } else if (is(loop, "bpmn:StandardLoopCharacteristics")) {
    entries.push(
      feel("loopCondition", say("继续循环的条件", "Repeat while"), expression(studio, element, loop, "loopCondition"), studio, "formal"),
      text("loopMaximum", say("至多次数", "At most"), number(bind(loop, "loopMaximum"))),
      check("testBefore", say("先判断后执行", "Test before the run"), bind(loop, "testBefore")),
    );
  }
  return { id: "repetition", label: say("重复与多实例", "Repetition"), entries };
}

const number = (bound) => ({ get: () => String(bound.get()), set: (value) => bound.set(/^\d+$/.test(value) ? Number(value) : "") });

function kindOfLoop(studio, element) {
  const bo = element.businessObject;
  return {
    get: () => {
      const loop = bo.get("loopCharacteristics");
      if (!loop) return "";
      if (is(loop, "bpmn:StandardLoopCharacteristics")) return "loop";
      return loop.isSequential ? "sequential" : "parallel";
    },
    set: (kind) => {
      const modeling = studio.modeler.get("modeling");
      const loop = bo.get("loopCharacteristics");
      if (kind && kind !== "loop" && is(loop, "bpmn:MultiInstanceLoopCharacteristics")) {
        modeling.updateModdleProperties(element, loop, { isSequential: kind === "sequential" || undefined });
        return;
      }
      const type = kind === "loop" ? "bpmn:StandardLoopCharacteristics" : "bpmn:MultiInstanceLoopCharacteristics";
      const made = kind ? studio.modeler.get("moddle").create(type, kind === "sequential" ? { isSequential: true } : {}) : undefined;
      if (made) made.$parent = bo;
      modeling.updateProperties(element, { loopCharacteristics: made });
    },
  };
}
