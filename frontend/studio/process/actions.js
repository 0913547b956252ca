// The buttons around the canvas.
import { ask, make } from "../shared/dom.js";
import { say } from "../shared/language.js";
import { rearrange } from "./rearrange.js";
import { chooseFile, confirmImport, exportBpmn, exportSvg, importFile, layOut } from "./transfer.js";

const KEYS = [
  ["Ctrl+Z / Ctrl+Y", "撤销 / 重做", "undo / redo"], ["Ctrl+C / Ctrl+V", "复制 / 粘贴", "copy / paste"], ["Ctrl+F", "查找", "find"],
  ["Del", "删除", "delete"], ["E", "改名称", "edit the name"], ["R", "更改类型", "change the type"], ["A", "追加元素", "append an element"],
  ["N", "新建元素", "create an element"], ["H", "平移画布", "hand tool"], ["L", "框选", "lasso tool"], ["S", "插入空白", "space tool"], ["C", "连线", "connect"],
  ["Ctrl+A", "全选", "select all"], ["↑ ↓ ← →", "移动选中的元素", "move the selection"], ["Ctrl+0 / + / −", "缩放", "zoom"], ["T", "令牌模拟", "token simulation"],
];

export function bindActions(studio) {
  const { modeler, settings } = studio;
  const editor = modeler.get("editorActions");
  const acts = {
    undo: () => editor.trigger("undo"),
    redo: () => editor.trigger("redo"),
    find: () => editor.trigger("find"),
    fit: studio.fit,
    keys: showKeys,
    prove: () => studio.player.prove(),
    layout: () => reorder(studio),
    import: () => bringIn(studio),
    bpmn: () => exportBpmn(modeler, settings.key),
    svg: () => exportSvg(modeler, settings.key),
  };
  document.addEventListener("click", (event) => {
    const name = event.target.closest?.("[data-act]")?.dataset.act;
    if (name in acts) Promise.resolve(acts[name]()).catch((error) => studio.tell(error.message));
  });
  modeler.get("eventBus").on("commandStack.changed", () => {
    const stack = modeler.get("commandStack");
    for (const [name, possible] of [["undo", stack.canUndo()], ["redo", stack.canRedo()]]) {
      document.querySelector(`[data-act=${name}]`).disabled = !possible;
    }
  });
}

// The layout is the server's. Where it has to draw what was not drawn before, it replaces the whole diagram.
async function reorder(studio) {
  const before = await studio.read();
  studio.tell(say("正在布局…", "Laying out…"));
  const text = await layOut(studio.settings, before);
  if (await rearrange(studio.modeler, text)) {
    studio.fit();
    studio.tell(say("已重新布局，可以撤销。", "Laid out again; this can be undone."));
    return;
  }
  await studio.replace(text);
  const back = make("button.btn.btn-sm.btn-link", { type: "button", onclick: () => studio.replace(before).then(() => studio.tell("")) }, say("恢复原来的布局", "Bring back the former layout"));
  studio.tell(say("已重新布局。", "Laid out again."), back);
}

async function bringIn(studio) {
  const file = await chooseFile();
  if (!file) return;
  const { text, repairs } = await importFile(studio.settings, file);
  if ((await confirmImport(file.name, repairs)) !== "yes") return;
  await studio.replace(text, true);
}

function showKeys() {
  const rows = KEYS.map(([keys, zh, en]) => make("tr", {}, make("th", { scope: "row" }, make("kbd", {}, keys)), make("td", {}, say(zh, en))));
  return ask(say("快捷键", "Keyboard"), make("table.rows", {}, make("tbody", {}, ...rows)), [["", say("关闭", "Close"), "btn-primary"]]);
}
