"""The small signs inside shapes: markers of events, gateways and activities, task icons, state badges."""

from __future__ import annotations

from collections.abc import Iterator

# Each sign is a list of (class, path data), drawn around (0, 0); {f} marks what throwing events fill.
EVENT_SIGNS: dict[str, tuple[tuple[str, str], ...]] = {
    "message": (("{f}", "M-8 -5.5h16v11h-16z"), ("{n}", "M-8 -5.5l8 6 8-6")),
    "timer": (
        ("open", "M-9.5 0a9.5 9.5 0 1 0 19 0a9.5 9.5 0 1 0-19 0z"),
        ("mark", "M0 -6.5V0L4.2 2.6M0 -9.5v2M0 7.5v2M-9.5 0h2M7.5 0h2"),
    ),
    "signal": (("{f}", "M0 -8l8 13H-8z"),),
    "error": (("{f}", "M-8 7l4.5-13.5 5 7 5.5-8.5-4.5 14-5.5-7z"),),
    "escalation": (("{f}", "M0 -8.5l6.5 15L0 1l-6.5 5.5z"),),
    "conditional": (("open", "M-6.5 -8h13V8h-13z"), ("mark", "M-4 -4.5H4M-4 -1.5H4M-4 1.5H4M-4 4.5H4")),
    "link": (("{f}", "M-8 -3.5H2v-4l7 7.5-7 7.5v-4H-8z"),),
    "compensate": (("{f}", "M0 -6v12l-7.5-6zM7.5 -6v12L0 0z"),),
    "cancel": (("{f}", "M-7 -4.5L-4.5 -7 0 -2.5 4.5 -7 7 -4.5 2.5 0 7 4.5 4.5 7 0 2.5-4.5 7-7 4.5-2.5 0z"),),
    "terminate": (("solid", "M-10.5 0a10.5 10.5 0 1 0 21 0a10.5 10.5 0 1 0-21 0z"),),
    "multiple": (("{f}", "M0 -8.5L8 -2.6 5 6.8H-5L-8 -2.6z"),),
    "parallelMultiple": (("open", "M-3 -8.5H3V-3H8.5V3H3V8.5H-3V3H-8.5V-3H-3z"),),
}
GATEWAY_SIGNS: dict[str, tuple[tuple[str, str], ...]] = {
    "exclusiveGateway": (("mark-bold", "M-6.5 -8.5L6.5 8.5M6.5 -8.5L-6.5 8.5"),),
    "parallelGateway": (("mark-bold", "M0 -11.5V11.5M-11.5 0H11.5"),),
    "inclusiveGateway": (("mark-bold", "M-10.5 0a10.5 10.5 0 1 0 21 0a10.5 10.5 0 1 0-21 0z"),),
    "complexGateway": (("mark-bold", "M0 -11.5V11.5M-11.5 0H11.5M-8 -8L8 8M8 -8L-8 8"),),
    "eventBasedGateway": (
        ("mark", "M-14 0a14 14 0 1 0 28 0a14 14 0 1 0-28 0zM-11 0a11 11 0 1 0 22 0a11 11 0 1 0-22 0z"),
        ("mark", "M0 -7L6.7 -2.2 4.1 5.7H-4.1L-6.7 -2.2z"),
    ),
}
TASK_SIGNS: dict[str, tuple[tuple[str, str], ...]] = {
    "userTask": (
        ("mark", "M-3.6 -3.6a3.6 3.6 0 1 1 7.2 0a3.6 3.6 0 1 1-7.2 0M-7 7.5c0-5 2.8-7.3 7-7.3s7 2.3 7 7.3z"),
    ),
    "manualTask": (
        ("mark", "M-7.5 -1.5L-1 -5.5H2L0.5 -3.5H7V-1.5H2M7 -1.5V0.8H2M6.6 0.8V3H2M5.8 3V5.2H-4.5L-7.5 3z"),
    ),
    "scriptTask": (("mark", "M-4 -7.5H6c-4 4 3 8-1 15H-6c4-6-3-11 2-15zM-3 -4H3M-3 -1H3.5M-2 2H4M-3 5H3.5"),),
    "serviceTask": (
        (
            "mark",
            "M-1.4 -7.5h2.8l.5 2 1.6.7 1.8-1.1 2 2-1.1 1.8.7 1.6 2 .5v2.8l-2 .5-.7 1.6 1.1 1.8-2 2-1.8-1.1"
            "-1.6.7-.5 2h-2.8l-.5-2-1.6-.7-1.8 1.1-2-2 1.1-1.8-.7-1.6-2-.5v-2.8l2-.5.7-1.6"
            "-1.1-1.8 2-2 1.8 1.1 1.6-.7zM-2.7 1.4a2.7 2.7 0 1 0 5.4 0a2.7 2.7 0 1 0-5.4 0",
        ),
    ),
    "businessRuleTask": (("mark", "M-8 -6H8V6.5H-8zM-8 -2H8M-3.5 -2V6.5M-8 2.2H8"),),
    "sendTask": (("solid", "M-8 -5L0 1 8 -5zM-8 -3.6V6H8V-3.6L0 2.6z"),),
    "receiveTask": (("mark", "M-8 -5.5H8V5.5H-8zM-8 -5.5L0 1 8 -5.5"),),
}
ACTIVITY_SIGNS: dict[str, tuple[tuple[str, str], ...]] = {
    "parallel": (("mark-bold", "M-4.5 -6V6M0 -6V6M4.5 -6V6"),),
    "sequential": (("mark-bold", "M-6 -4.5H6M-6 0H6M-6 4.5H6"),),
    "loop": (("mark", "M-2.5 5.5A6 6 0 1 1 2.5 5.5M-2.5 5.5l-4 .6M-2.5 5.5l-.6-4"),),
    "compensate": (("mark", "M0 -5v10l-6.5-5zM6.5 -5v10L0 0z"),),
    "adHoc": (("mark-bold", "M-7 2c2-6 5-4 7-2s5 4 7-2"),),
    "collapsed": (("mark", "M-7 -7H7V7H-7zM0 -4.5V4.5M-4.5 0H4.5"),),
}
STATE_SIGNS: dict[str, str] = {
    "done": "M-4 0.3L-1.2 3.2 4.2 -3",
    "active": "M-2.4 -4L4 0-2.4 4z",
    "waiting": "M0 -4.5V0.3L3.2 2.2",
    "failed": "M0 -4.6V1M0 4.3v.1",
    "cancelled": "M-3.2 -3.2L3.2 3.2M3.2 -3.2L-3.2 3.2",
    "added": "M-4 0H4M0 -4V4",
    "removed": "M-4 0H4",
    "changed": "M-4 -1.6H4M-4 1.8H4",
}


def draw_sign(parts: tuple[tuple[str, str], ...], x: float, y: float, *, filled: bool = False) -> str:
    """A sign moved to (x, y); `filled` is how throwing events show theirs."""
    return f'<g transform="translate({x:g} {y:g})">{"".join(_paths(parts, filled))}</g>'


def _paths(parts: tuple[tuple[str, str], ...], filled: bool) -> Iterator[str]:
    for style, data in parts:
        style = style.format(f="solid" if filled else "open", n="inverse" if filled else "mark")
        yield f'<path class="{style}" d="{data}"/>'
