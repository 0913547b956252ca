// The server's catalogue as choices of the properties panel.
import { say } from "../shared/language.js";

const named = (item) => {
  const name = say(item.zh, item.en || item.zh);
  return { value: item.value, label: name ? `${name}（${item.value}）` : item.value };
};

export function makeOptions(catalogue, key) {
  const all = (name) => (catalogue[name] ?? []).map(named);
  const own = (item) => (item.value.startsWith(`${key}/`) ? 0 : 1);
  return {
    forms: all("forms").sort((a, b) => own(a) - own(b) || a.value.localeCompare(b.value)),
    processes: all("processes"),
    decisions: all("decisions"),
    delegates: all("delegates"),
    groups: all("groups"),
    duties: all("duties"),
    clauses: (catalogue.clauses ?? []).map((item) => ({ value: item.value, label: `${item.value} ${say(item.zh, item.en || item.zh)}` })),
    numbers: (catalogue.parameters ?? []).filter((item) => item.type === "number").map(named),
    clocks: all("clocks"),
    operations: all("operations"),
    rules: (catalogue.rules ?? []).map((item) => ({ ...named(item), share: item.share })),
  };
}

export function makeHelp(settings, catalogue) {
  const parameters = (catalogue.parameters ?? []).map((item) => ({ name: `params.${item.value}`, from: say(item.zh, item.en || item.zh) }));
  return { feelUrl: settings.feelUrl, functions: catalogue.functions ?? [], parameters, variables: parameters };
}
