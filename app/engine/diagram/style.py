"""The style sheet of our diagrams. Colours come from the application's tokens, with defaults for files."""

from __future__ import annotations

import re

DIAGRAM_CSS = """\
.bpmn-diagram{max-width:none;height:auto;font-family:var(--bs-font-sans-serif,"Noto Sans CJK SC","Noto Sans SC","PingFang SC","Microsoft YaHei",sans-serif)}
.bpmn-diagram .shape{fill:var(--z-surface,#ffffff);stroke:var(--bpmn-line,#2b3445);stroke-width:1.5}
.bpmn-diagram .thick{stroke-width:3.5}
.bpmn-diagram .bold{stroke-width:3}
.bpmn-diagram .mark{fill:none;stroke:var(--bpmn-line,#2b3445);stroke-width:1.3}
.bpmn-diagram .mark-bold{fill:none;stroke:var(--bpmn-line,#2b3445);stroke-width:3}
.bpmn-diagram .solid{fill:var(--bpmn-line,#2b3445);stroke:none}
.bpmn-diagram .open{fill:var(--z-surface,#ffffff);stroke:var(--bpmn-line,#2b3445);stroke-width:1.3}
.bpmn-diagram .inverse{fill:none;stroke:var(--z-surface,#ffffff);stroke-width:1.3}
.bpmn-diagram .flow{fill:none;stroke:var(--bpmn-line,#2b3445);stroke-width:1.4;stroke-linejoin:round}
.bpmn-diagram .dashed{stroke-dasharray:8 5}
.bpmn-diagram .dotted{stroke-dasharray:1 4;stroke-linecap:round}
.bpmn-diagram .gapped{stroke-dasharray:5 3}
.bpmn-diagram text{fill:var(--bs-body-color,#1c2230);stroke:none}
.bpmn-diagram .halo{paint-order:stroke;stroke:var(--z-surface,#ffffff);stroke-width:3px;stroke-linejoin:round}
.bpmn-diagram .caption{fill:var(--bs-secondary-color,#566072)}
.bpmn-diagram .frame{fill:var(--z-surface,#ffffff);stroke:var(--bpmn-frame,#8a94a4);stroke-width:1.2}
.bpmn-diagram .frame-head{fill:var(--bpmn-head,#eef1f6);stroke:var(--bpmn-frame,#8a94a4);stroke-width:1.2}
.bpmn-diagram .frame-title{font-weight:600}
.bpmn-diagram .group{fill:none;stroke:var(--bpmn-frame,#8a94a4);stroke-width:1.4;stroke-dasharray:8 3 1 3}
.bpmn-diagram .is-done>.shape{fill:var(--z-ok-bg,#e8f4ed);stroke:var(--z-ok,#1c6b43)}
.bpmn-diagram .is-done>.flow{stroke:var(--z-ok,#1c6b43);stroke-width:2}
.bpmn-diagram .is-active>.shape{fill:var(--z-info-bg,#eaf1fc);stroke:var(--z-info,#1f4e9e);stroke-width:3}
.bpmn-diagram .is-waiting>.shape{fill:var(--z-warn-bg,#fdf3dc);stroke:var(--z-warn,#7a4b00);stroke-width:2.5;stroke-dasharray:6 3}
.bpmn-diagram .is-failed>.shape{fill:var(--z-late-bg,#fcebea);stroke:var(--z-late,#a3231c);stroke-width:3}
.bpmn-diagram .is-cancelled>.shape{fill:var(--bpmn-head,#eef1f6);stroke:var(--bpmn-frame,#8a94a4);stroke-dasharray:3 3}
.bpmn-diagram .is-added>.shape{fill:var(--z-ok-bg,#e8f4ed);stroke:var(--z-ok,#1c6b43);stroke-width:3}
.bpmn-diagram .is-added>.flow{stroke:var(--z-ok,#1c6b43);stroke-width:3}
.bpmn-diagram .is-changed>.shape{fill:var(--z-warn-bg,#fdf3dc);stroke:var(--z-warn,#7a4b00);stroke-width:3}
.bpmn-diagram .is-changed>.flow{stroke:var(--z-warn,#7a4b00);stroke-width:3}
.bpmn-diagram .is-removed>.shape{fill:var(--z-late-bg,#fcebea);stroke:var(--z-late,#a3231c);stroke-width:3;stroke-dasharray:6 3}
.bpmn-diagram .is-removed>.flow{stroke:var(--z-late,#a3231c);stroke-width:3;stroke-dasharray:6 3}
.bpmn-diagram .is-failed>.flow{stroke:var(--z-late,#a3231c);stroke-width:3}
.bpmn-diagram .badge{stroke:var(--z-surface,#ffffff);stroke-width:2}
.bpmn-diagram .badge-mark{fill:none;stroke:#ffffff;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
.bpmn-diagram .badge-text{fill:#ffffff;font-weight:600}
.bpmn-diagram .badge-done{fill:var(--z-ok,#1c6b43)}
.bpmn-diagram .badge-active{fill:var(--z-info,#1f4e9e)}
.bpmn-diagram .badge-waiting{fill:var(--z-warn,#7a4b00)}
.bpmn-diagram .badge-failed{fill:var(--z-late,#a3231c)}
.bpmn-diagram .badge-cancelled{fill:var(--bpmn-cancelled,#566072)}
.bpmn-diagram .badge-added{fill:var(--z-ok,#1c6b43)}
.bpmn-diagram .badge-changed{fill:var(--z-warn,#7a4b00)}
.bpmn-diagram .badge-removed{fill:var(--z-late,#a3231c)}
.bpmn-diagram .badge-none{fill:var(--bpmn-cancelled,#566072)}
"""  # noqa: E501 - one rule a line reads better than wrapped rules

STANDALONE_CSS = re.sub(r"var\(--[a-z-]+,((?:[^()]|\([^()]*\))*)\)", r"\1", DIAGRAM_CSS)
"""The same with every token replaced by its default, for programs that know no CSS variables."""
