// A FEEL field: completion of the names and functions that the server told, mistakes found by our own engine.
import { acceptCompletion, autocompletion, closeBrackets, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, defaultHighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { linter } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap, placeholder } from "@codemirror/view";
import { feelLanguage } from "@bpmn-io/lang-feel";
import { postJson } from "../shared/http.js";
import { say } from "../shared/language.js";

const KEYWORDS = ["if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "and", "or", "between",
  "instance of", "function", "null", "true", "false"];
const PHRASES = { "No suggestions": "没有可选项", "Control character": "控制字符", "current match": "当前匹配" };

// help: {feelUrl, variables: [{name, from}], functions: [{value, forms, zh, en}], names?}; it may change while the field lives.
// `names` are those with blanks in them, which only the model can tell from two names.
// options: {kind, label, value, hint, isReadOnly, onChange, onMistakes}
export function createFeelEditor(parent, help, options) {
  const { kind, label, value, hint, isReadOnly = false, onChange, onMistakes } = options;
  const language = kind === "value" ? [] : [feelLanguage, syntaxHighlighting(defaultHighlightStyle)];
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: value,
      extensions: [
        history(), bracketMatching(), closeBrackets(), ...language,
        autocompletion({ override: [(context) => complete(context, help, kind)], icons: false }),
        isReadOnly ? [] : linter((current) => findMistakes(current, help, kind, onMistakes), { delay: 500 }),
        keymap.of([{ key: "Enter", run: acceptCompletion }, ...completionKeymap, ...defaultKeymap, ...historyKeymap]),
        EditorView.lineWrapping, EditorState.readOnly.of(isReadOnly), EditorView.editable.of(!isReadOnly),
        EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false" }),
        EditorState.phrases.of(say("zh", "en") === "zh" ? PHRASES : {}),
        placeholder(hint ?? ""),
        EditorView.updateListener.of((update) => update.docChanged && onChange(update.state.doc.toString())),
      ],
    }),
  });
  return view;
}

// Show another value without telling `onChange` of what did not change.
export function setText(view, text) {
  const shown = view.state.doc.toString();
  if (shown !== text) view.dispatch({ changes: { from: 0, to: shown.length, insert: text } });
}

export function complete(context, help, kind) {
  const text = context.state.doc.toString();
  if (kind === "value" && !text.trimStart().startsWith("=")) return null;
  const word = context.matchBefore(/[\p{L}_][\p{L}\p{N}_.]*/u);
  if (!word && !context.explicit) return null;
  const typed = word?.text ?? "";
  const from = word ? word.from : context.pos;
  const variables = (help.variables ?? []).map((item) => ({ label: item.name, type: "variable", detail: item.from ?? say("已给定", "given"), boost: 2 }));
  const functions = (help.functions ?? []).map((item) => ({
    label: item.value, type: "function", detail: item.forms[0]?.slice(item.value.length), info: say(item.zh, item.en) || item.forms.join("\n"),
    apply: (view, _completion, start, end) => insertCall(view, item.value, start, end),
  }));
  const words = typed.includes(".") ? [] : [...functions, ...KEYWORDS.map((name) => ({ label: name, type: "keyword" }))];
  return { from, options: [...variables, ...words], validFor: /^[\p{L}\p{N}_.]*$/u };
}

function insertCall(view, name, from, to) {
  view.dispatch({ changes: { from, to, insert: `${name}()` }, selection: { anchor: from + name.length + 1 } });
}

async function findMistakes(view, help, kind, onMistakes) {
  const text = view.state.doc.toString();
  let mistakes = [];
  if (text.trim()) {
    try {
      ({ mistakes } = await postJson(help.feelUrl, { text, kind, names: help.names }));
    } catch {
      return [];
    }
  }
  onMistakes?.(mistakes);
  return mistakes.map((mistake) => {
    const line = view.state.doc.line(Math.min(Math.max(mistake.line, 1), view.state.doc.lines));
    const from = Math.min(line.from + mistake.column - 1, line.to);
    return { from: Math.min(from, Math.max(line.to - 1, line.from)), to: Math.max(from, Math.min(from + 1, line.to)), severity: "error", message: mistake.message };
  });
}
