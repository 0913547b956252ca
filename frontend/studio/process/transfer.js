// Diagrams in and out: layout by the server, import of foreign files with the list of repairs, export.
import { ask, download, make } from "../shared/dom.js";
import { postJson, Refused } from "../shared/http.js";
import { say } from "../shared/language.js";

export async function exportBpmn(modeler, key) {
  const { xml } = await modeler.saveXML({ format: true });
  download(`${key}.bpmn`, xml, "application/xml");
}

export async function exportSvg(modeler, key) {
  const { svg } = await modeler.saveSVG();
  download(`${key}.svg`, svg, "image/svg+xml");
}

export async function layOut(settings, text) {
  return (await postJson(settings.layoutUrl, { text })).text;
}

export function chooseFile() {
  return new Promise((resolve) => {
    const input = make("input", { type: "file", accept: ".bpmn,.bpmn2,.xml,application/xml" });
    input.addEventListener("change", () => resolve(input.files[0] ?? null));
    input.addEventListener("cancel", () => resolve(null));
    input.click();
  });
}

export async function importFile(settings, file) {
  const headers = { "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content, "Content-Type": "application/octet-stream" };
  const answer = await fetch(settings.importUrl, { method: "POST", headers, body: file });
  const body = await answer.json().catch(() => null);
  if (!answer.ok || !body) throw new Refused(answer.status, body);
  return body;
}

export function confirmImport(name, repairs) {
  const list = repairs.length
    ? make("ol.repairs", {}, ...repairs.map((item) => make("li", {}, item.element_id ? make("code", {}, item.element_id) : "", " ", item.message)))
    : make("p", {}, say("不需要修改。", "Nothing had to be changed."));
  const body = make("div", {}, make("p", {}, say("“{name}”将替换当前流程图；当前内容留在草稿的历史中。为使引擎能执行，作了以下修改或留待您决定：",
    "“{name}” replaces the diagram; the present one stays in the draft's history. To let the engine run it, this was changed or is left to you:", { name })), list);
  return ask(say("导入流程图", "Import a diagram"), body, [
    ["yes", say("替换当前流程图", "Replace the diagram"), "btn-primary"], ["", say("取消", "Cancel")]]);
}
