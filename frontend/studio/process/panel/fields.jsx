// The fields of the properties panel that the library lacks: FEEL, several choices, people, working days.
import { useEffect, useRef, useState } from "@bpmn-io/properties-panel/preact/hooks";
import { createFeelEditor, setText } from "../../feel/editor.js";
import { say } from "../../shared/language.js";

const PAUSE = 400;

export function Entry({ id, label, forId, description, error, children }) {
  return (
    <div class={`bio-properties-panel-entry ${error ? "has-error" : ""}`} data-entry-id={id}>
      {label && (forId ? <label class="bio-properties-panel-label" for={forId}>{label}</label> : <span class="bio-properties-panel-label" id={`${id}-label`}>{label}</span>)}
      {children}
      {error && <div class="bio-properties-panel-error" role="status">{error}</div>}
      {description && <div class="bio-properties-panel-description">{description}</div>}
    </div>
  );
}

export function FeelField({ id, label, kind = "formal", value, set, help, description, hint }) {
  const box = useRef(null);
  const view = useRef(null);
  const latest = useRef({ value, set });
  const [mistakes, setMistakes] = useState([]);
  latest.current = { value, set };
  useEffect(() => {
    let timer;
    let pending = null;
    const commit = () => {
      clearTimeout(timer);
      if (pending === null || pending === latest.current.value) return;
      const text = pending;
      pending = null;
      latest.current.set(text);
    };
    const changed = (text) => {
      pending = text;
      clearTimeout(timer);
      timer = setTimeout(commit, PAUSE);
    };
    const shown = createFeelEditor(box.current, help, { kind, label, value, hint, isReadOnly: help.isReadOnly, onChange: changed, onMistakes: setMistakes });
    shown.contentDOM.addEventListener("blur", commit);
    view.current = shown;
    return () => {
      commit();
      shown.destroy();
    };
  }, []);
  useEffect(() => {
    if (view.current && !view.current.hasFocus) setText(view.current, value);
  }, [value]);
  const first = mistakes[0];
  const error = first && say("第 {line} 行第 {column} 列：{message}", "Line {line}, column {column}: {message}", first);
  return <Entry id={id} label={label} description={description} error={error}><div class="feel-field" ref={box} data-kind={kind} /></Entry>;
}

// Several words of a blank-separated text, chosen from a list.
export function ManyField({ id, label, value, set, options, description, free }) {
  const chosen = value.split(/\s+/).filter(Boolean);
  const left = options.filter((option) => !chosen.includes(option.value));
  const nameOf = (word) => options.find((option) => option.value === word)?.label ?? word;
  const add = (word) => word && !chosen.includes(word) && set([...chosen, word].join(" "));
  return (
    <Entry id={id} label={label} forId={`bio-properties-panel-${id}`} description={description}>
      {chosen.length > 0 && <ul class="chips">{chosen.map((word) => (
        <li key={word}><span title={nameOf(word)}>{nameOf(word)}</span>
          <button type="button" aria-label={say("去掉 {word}", "Remove {word}", { word })} onClick={() => set(chosen.filter((other) => other !== word).join(" "))}>×</button></li>))}</ul>}
      <select id={`bio-properties-panel-${id}`} class="bio-properties-panel-input many-add" value="" onChange={(event) => { add(event.target.value); event.target.value = ""; }}>
        <option value="">{say("添加…", "Add…")}</option>
        {left.map((option) => <option key={option.value} value={option.value}>{option.label}</option>)}
      </select>
      {free && <input class="bio-properties-panel-input" aria-label={say("{label}：其他", "{label}: other", { label })} placeholder={free}
        onKeyDown={(event) => { if (event.key === "Enter") { add(event.target.value.trim()); event.target.value = ""; } }} />}
    </Entry>
  );
}

// Groups from the list, or an expression that gives principals.
export function PeopleField(props) {
  const isFormula = props.value.trimStart().startsWith("=");
  const [asFormula, setAsFormula] = useState(isFormula);
  const toggle = () => {
    props.set(asFormula ? "" : "= ");
    setAsFormula(!asFormula);
  };
  const button = <button type="button" class="btn btn-sm btn-link p-0" onClick={toggle}>{asFormula ? say("改为选择岗位", "Choose groups instead") : say("改用表达式", "Use an expression instead")}</button>;
  return (
    <div class="people-field">
      {asFormula || isFormula ? <FeelField {...props} kind="value" /> : <ManyField {...props} free={say("如 user:7、org:12（回车添加）", "such as user:7, org:12 (Enter)")} />}
      <div class="bio-properties-panel-entry">{button}</div>
    </div>
  );
}

// The instant at the end of so many working days, or their number itself.
const INSTANT = {
  days: /^=\s*wd\(\s*(\d+)\s*\)\s*$/, parameter: /^=\s*wd\(\s*params\.([\w.]+)\s*\)\s*$/,
  ofDays: (days, prefix) => `${prefix}wd(${days})`, ofParameter: (name, prefix) => `${prefix}wd(params.${name})`,
};
export const NUMBER = {
  days: /^\s*(\d+)\s*$/, parameter: /^=\s*params\.([\w.]+)\s*$/,
  ofDays: (days) => String(days), ofParameter: (name) => `= params.${name}`,
};

// A time limit: so many working days, as a parameter of the policy says, or any expression.
export function DueField(props) {
  const { id, label, value, set, parameters, prefix = "= ", notation = INSTANT } = props;
  const text = prefix ? value : `= ${value}`;
  const days = text.match(notation.days)?.[1];
  const parameter = text.match(notation.parameter)?.[1];
  const found = days ? "days" : parameter ? "parameter" : value ? "formula" : "none";
  const [kind, setKind] = useState(found);
  const shown = found === "none" ? kind : found;
  const choose = (wanted) => {
    setKind(wanted);
    const start = { none: "", days: notation.ofDays(5, prefix), parameter: notation.ofParameter(parameters[0]?.value ?? "x", prefix), formula: value || prefix };
    set(start[wanted]);
  };
  const inputId = `bio-properties-panel-${id}`;
  return (
    <>
      <Entry id={id} label={label} forId={inputId}>
        <select id={inputId} class="bio-properties-panel-input" value={shown} onChange={(event) => choose(event.target.value)}>
          <option value="none">{say("不设时限", "No limit")}</option>
          <option value="days">{say("固定工作日数", "A number of working days")}</option>
          <option value="parameter">{say("政策参数（工作日）", "A parameter of the policy (working days)")}</option>
          <option value="formula">{say("表达式", "An expression")}</option>
        </select>
      </Entry>
      {shown === "days" && <Entry id={`${id}-days`} label={say("工作日数", "Working days")} forId={`${inputId}-days`}>
        <input id={`${inputId}-days`} type="number" min="0" max="999" class="bio-properties-panel-input" value={days} onChange={(event) => set(notation.ofDays(Number(event.target.value) || 0, prefix))} /></Entry>}
      {shown === "parameter" && <Entry id={`${id}-parameter`} label={say("参数", "Parameter")} forId={`${inputId}-parameter`}>
        <select id={`${inputId}-parameter`} class="bio-properties-panel-input" value={parameter} onChange={(event) => set(notation.ofParameter(event.target.value, prefix))}>
          {withCurrent(parameters, parameter).map((item) => <option key={item.value} value={item.value}>{item.label}</option>)}
        </select></Entry>}
      {shown === "formula" && <FeelField {...props} id={`${id}-formula`} label={say("表达式", "Expression")} kind={prefix ? "value" : "time"} />}
    </>
  );
}

// A value that is no longer offered stays visible instead of turning into another one.
export function withCurrent(options, value) {
  if (!value || options.some((option) => option.value === value)) return options;
  return [...options, { value, label: say("{value}（不存在）", "{value} (does not exist)", { value }) }];
}
