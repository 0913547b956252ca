// Groups that every element has, and those of the process, its lanes and its flows.
import { is, isAny } from "bpmn-js/lib/util/ModelUtil";
import { say } from "../../shared/language.js";
import { area, check, feel, many, note, people, text } from "./entries.jsx";

const ID = /^[A-Za-z_][\w.-]*$/;

export function general(studio, element, bind) {
  const bo = element.businessObject;
  const entries = [];
  if (!is(bo, "bpmn:TextAnnotation")) entries.push(text("name", say("名称", "Name"), bind(bo, "name")));
  else entries.push(area("text", say("文字", "Text"), bind(bo, "text")));
  if (isAny(bo, ["bpmn:FlowNode", "bpmn:SequenceFlow", "bpmn:Participant", "bpmn:Lane"])) {
    entries.push(text("nameEn", say("英文名称", "English name"), bind(bo, "zr:nameEn")));
  }
  entries.push(text("id", "ID", idOf(studio, element, bo), { validate: (value) => idMistake(studio, bo, value) }));
  return { id: "general", label: say("基本", "General"), entries, shouldOpen: true };
}

function idOf(studio, element, bo) {
  return {
    get: () => bo.id,
    set: (value) => {
      if (value !== bo.id && !idMistake(studio, bo, value)) studio.modeler.get("modeling").updateProperties(element, { id: value });
    },
  };
}

function idMistake(studio, bo, value) {
  if (!ID.test(value ?? "")) return say("以字母或下划线开头，只含字母、数字、_ . -", "Letters, digits, _ . - and no digit first");
  const owner = studio.modeler.get("moddle").ids?.assigned(value); // a viewer keeps no list of ids
  return owner && owner !== bo ? say("这个 ID 已被使用", "This id is taken") : null;
}

export function documentation(studio, element, bo, id = "documentation") {
  const modeling = studio.modeler.get("modeling");
  const bound = {
    get: () => bo.get("documentation")[0]?.text ?? "",
    set: (value) => {
      const made = value ? [studio.modeler.get("moddle").create("bpmn:Documentation", { text: value })] : [];
      for (const item of made) item.$parent = bo;
      modeling.updateModdleProperties(element, bo, { documentation: made });
    },
  };
  return { id, label: say("说明", "Documentation"), entries: [area(`${id}-text`, say("给读者的说明", "For readers"), bound, { rows: 3 })] };
}

export function clauses(studio, bind, bo, id = "clauses") {
  return { id, label: say("依据条款", "Clauses"),
    entries: [many(`${id}-refs`, say("条款", "Clauses"), bind(bo, "zr:clauseRef"), studio.options.clauses)] };
}

export function caseState(studio, element, bind) {
  const bo = element.businessObject;
  const entries = [];
  if (is(bo, "bpmn:EndEvent")) entries.push(feel("outcome", say("结果代码（默认为 ID）", "Outcome (default: the id)"), bind(bo, "zr:outcome"), studio, "value"));
  entries.push(feel("caseState", say("到此后案件状态", "State of the case from here on"), bind(bo, "zr:caseState"), studio, "value",
    { description: say("已有：{states}", "In use: {states}", { states: studio.usedStates().join(say("、", ", ")) || "—" }) }));
  return { id: "state", label: say("案件状态与结果", "Case state and outcome"), entries };
}

export function processGroups(studio, element, bind, process) {
  const entries = [
    text("process-name", say("流程名称", "Name of the process"), bind(process, "name")),
    text("process-nameEn", say("英文名称", "English name"), bind(process, "zr:nameEn")),
    text("process-prefix", say("业务编号前缀", "Prefix of case numbers"), bind(process, "zr:numberPrefix")),
    feel("process-title", say("案件标题", "Title of a case"), bind(process, "zr:title"), studio, "value"),
    feel("process-titleEn", say("案件标题（英文）", "Title of a case (English)"), bind(process, "zr:titleEn"), studio, "value"),
    people("process-start", say("谁可以手工启动", "Who may start it by hand"), bind(process, "zr:startableBy"), studio),
    feel("process-subject", say("所属案件编号", "Number of the case it is about"), bind(process, "zr:subject"), studio, "value"),
    check("process-executable", say("可执行", "Executable"), bind(process, "isExecutable")),
  ];
  return [
    { id: "process", label: say("流程", "Process"), entries, shouldOpen: true },
    clauses(studio, bind, process, "process-clauses"),
    documentation(studio, element, process, "process-documentation"),
  ];
}

export function laneGroup(studio, element, bind) {
  const bo = element.businessObject;
  return { id: "lane", label: say("办理岗位", "Who does the work"), shouldOpen: true,
    entries: [people("lane-candidates", say("候选人（泳道内各任务）", "Candidates for the tasks in the lane"), bind(bo, "zr:candidates"), studio)] };
}

export function flowGroup(studio, element, bind) {
  const bo = element.businessObject;
  const source = bo.sourceRef;
  if (!source || !isAny(source, ["bpmn:ExclusiveGateway", "bpmn:InclusiveGateway", "bpmn:Activity"])) return null;
  const modeling = studio.modeler.get("modeling");
  const host = studio.modeler.get("elementRegistry").get(source.id);
  const isDefault = {
    get: () => source.default === bo,
    set: (value) => modeling.updateProperties(host, { default: value ? bo : undefined }),
  };
  const entries = [check("default", say("默认出口（其他条件都不成立时）", "Default (when no other condition holds)"), isDefault)];
  if (source.default !== bo) entries.push(feel("condition", say("条件", "Condition"), expression(studio, element, bo, "conditionExpression"), studio, "formal"));
  return { id: "condition", label: say("条件", "Condition"), entries, shouldOpen: true };
}

// What a foreign tool wrote here: the engine reads some of it, and all of it stays.
export function foreign(element) {
  const bo = element.businessObject;
  const attributes = Object.entries(bo.$attrs ?? {}).filter(([name]) => /:/.test(name) && !/^(xmlns|xsi|xml):/.test(name)).map(([name, value]) => `${name} = ${value}`);
  const elements = (bo.extensionElements?.values ?? []).filter((item) => !item.$type.startsWith("zr:")).map((item) => `<${item.$type}>`);
  const found = [...attributes, ...elements];
  return found.length ? { id: "foreign", label: say("外来扩展（原样保留）", "Foreign extensions (kept as they are)"), entries: [note("foreign-list", found.join("\n"))] } : null;
}

// The body of a formal expression that is a child of `holder`.
export function expression(studio, element, holder, property) {
  return {
    get: () => holder.get(property)?.body ?? "",
    set: (value) => {
      const body = value.trim() ? studio.modeler.get("moddle").create("bpmn:FormalExpression", { body: value }) : undefined;
      if (body) body.$parent = holder;
      if ((holder.get(property)?.body ?? "") !== value) studio.modeler.get("modeling").updateModdleProperties(element, holder, { [property]: body });
    },
  };
}
