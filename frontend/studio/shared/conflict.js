// Somebody else saved first: the author decides what happens to the two texts, nothing is overwritten in silence.
import { ask, download, make } from "./dom.js";
import { clock, say } from "./language.js";

// "mine" (overwrite theirs, which stays in the history), "theirs", or "later".
export async function askAboutConflict({ name, at, path, mine, theirs }) {
  const when = at ? clock(at) : "";
  const told = say("{name}在 {when} 保存了这个文件。您的改动还没有保存。", "{name} saved this file at {when}. Your changes are not saved yet.",
    { name: name || say("另一位编辑", "Another editor"), when });
  const comparison = compare(mine, theirs);
  const copy = make("button.btn.btn-outline-secondary", { type: "button", onclick: () => download(copyName(path), mine) },
    say("下载我的副本", "Download a copy of mine"));
  const body = make("div", {}, make("p", {}, told), make("p", {}, copy),
    make("details", {}, make("summary", {}, say("对照两个版本", "Show both versions")), comparison));
  const choice = await ask(say("有人先保存了", "Somebody saved first"), body, [
    ["copy", say("保留我的为副本，采用对方版本", "Keep mine as a copy, take theirs"), "btn-primary"],
    ["theirs", say("放弃我的，采用对方版本", "Drop mine, take theirs")],
    ["mine", say("用我的覆盖（对方版本留在历史中）", "Overwrite with mine (theirs stays in the history)")],
    ["later", say("暂不决定", "Decide later")],
  ]);
  if (choice === "copy") download(copyName(path), mine);
  return { copy: "theirs", theirs: "theirs", mine: "mine" }[choice] ?? "later";
}

function copyName(path) {
  const name = path.split("/").pop();
  const dot = name.lastIndexOf(".");
  return dot > 0 ? `${name.slice(0, dot)}.mine${name.slice(dot)}` : `${name}.mine`;
}

// Lines that the other text does not have are marked.
function compare(mine, theirs) {
  return make("div.studio-both", {},
    column(say("我的", "Mine"), mine, theirs), column(say("对方的", "Theirs"), theirs, mine));
}

function column(title, text, other) {
  const known = new Set(other.split("\n").map((line) => line.trim()));
  const lines = text.split("\n").map((line) => (known.has(line.trim()) ? `${line}\n` : make("mark", {}, `${line}\n`)));
  return make("section", {}, make("h3", {}, title), make("pre", { tabindex: "0" }, ...lines));
}
