// bpmn-js with our vocabulary, our words and only the elements that the engine runs.
import "bpmn-js/dist/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";
import "bpmn-js/dist/assets/bpmn-font/css/bpmn-embedded.css";
import "diagram-js-minimap/assets/diagram-js-minimap.css";
import "bpmn-js-token-simulation/assets/css/bpmn-js-token-simulation.css";
import "bpmn-js-color-picker/colors/color-picker.css";
import Modeler from "bpmn-js/lib/Modeler";
import ColorPickerModule from "bpmn-js-color-picker";
import { CreateAppendAnythingModule } from "bpmn-js-create-append-anything";
import MinimapModule from "diagram-js-minimap";
import TokenSimulationModule from "bpmn-js-token-simulation";
import zr from "./vocabulary/zr.json";
import { rearrangeModule } from "./rearrange.js";
import { translationModule } from "./translation.js";

// What the engine refuses is not offered; it can still be read when a foreign diagram has it.
const REFUSED = /compensation|cancel|transaction|ad-?hoc|complex-gateway|instantiat|(signal|timer|conditional|error|escalation)-start$/i;
const MENUS = ["bpmn-replace", "bpmn-create", "bpmn-append"];

class OnlyWhatRuns {
  constructor(popupMenu) {
    for (const menu of MENUS) popupMenu.registerProvider(menu, 100, this);
  }

  getPopupMenuEntries() {
    return (entries) => Object.fromEntries(Object.entries(entries).filter(([id]) => !REFUSED.test(id)));
  }
}
OnlyWhatRuns.$inject = ["popupMenu"];

const onlyWhatRuns = { __init__: ["onlyWhatRuns"], onlyWhatRuns: ["type", OnlyWhatRuns] };

// Only our own vocabulary is described: what a description lacks is dropped, what has none (Camunda's, Spiff Arena's)
// stays as it is. A description of Camunda's could not stand beside ours either, both have a `formKey` for one element.
export function createModeler(container) {
  return new Modeler({
    container,
    keyboard: { bind: true },
    minimap: { open: false },
    moddleExtensions: { zr },
    additionalModules: [
      MinimapModule, TokenSimulationModule, ColorPickerModule, CreateAppendAnythingModule, translationModule, onlyWhatRuns, rearrangeModule,
    ],
  });
}
