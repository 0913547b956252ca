// One FEEL field with its first mistake below.
import { createFeelEditor } from "../../feel/editor.js";
import { make } from "../../shared/dom.js";
import { say } from "../../shared/language.js";

export function feelBox(help, { kind, label, value, set, isReadOnly }) {
  const mistake = make("div.boxed-mistake", { role: "status" });
  const place = make("div.feel-field", { "data-kind": kind });
  const tell = ([first]) => {
    mistake.textContent = first ? say("第 {line} 行第 {column} 列：{message}", "Line {line}, column {column}: {message}", first) : "";
  };
  const variables = help.names.map((name) => ({ name }));
  const field = createFeelEditor(place, { ...help, variables }, { kind, label, value, isReadOnly, onChange: set, onMistakes: tell });
  return { element: make("div", {}, place, mistake), field };
}
