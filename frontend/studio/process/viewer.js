// bpmn-js as a viewer. The panel asks for `modeling`; here it changes nothing.
import "bpmn-js/dist/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";
import "diagram-js-minimap/assets/diagram-js-minimap.css";
import Viewer from "bpmn-js/lib/NavigatedViewer";
import MinimapModule from "diagram-js-minimap";
import zr from "./vocabulary/zr.json";
import { translatePage, translationModule } from "./translation.js";

const nothing = { updateProperties() {}, updateModdleProperties() {} };

export function createViewer(container) {
  translatePage(container);
  return new Viewer({
    container, minimap: { open: false }, moddleExtensions: { zr },
    additionalModules: [MinimapModule, translationModule, { modeling: ["value", nothing] }],
  });
}
