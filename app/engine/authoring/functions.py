"""The functions that expressions may call, as an editor offers them."""

from __future__ import annotations

from dataclasses import dataclass

from app.engine.environment import HOST_FUNCTIONS
from app.engine.feel.functions import SIGNATURES


@dataclass(frozen=True, slots=True)
class FunctionHelp:
    """A function by name, with each way to call it such as `substring(string, start position, length?)`."""

    name: str
    forms: tuple[str, ...]
    text_zh: str = ""
    text_en: str = ""


HOST = (
    FunctionHelp("wd", ("wd(n)", "wd(n, from)"), "第 n 个工作日结束之时（北京时间 23:59:59）",
                 "the end of the n-th working day"),
    FunctionHelp("working days between", ("working days between(from, to)",), "两个日期之间的工作日数",
                 "working days between two dates"),
    FunctionHelp("zi", ("zi(text)",), "字数", "number of characters as offices count them"),
    FunctionHelp("uscc valid", ("uscc valid(text)",), "统一社会信用代码是否有效",
                 "whether a unified social credit code is valid"),
)  # fmt: skip


def known_functions() -> tuple[FunctionHelp, ...]:
    """Our own functions, then FEEL's built-in ones by name (DMN 1.5, 10.3.4)."""
    own = {function.name for function in HOST}
    rest = tuple(FunctionHelp(name, (f"{name}()",)) for name in sorted(HOST_FUNCTIONS - own))
    built_in = tuple(
        FunctionHelp(name, tuple(_form(name, signature.slots) for signature in signatures))
        for name, signatures in sorted(SIGNATURES.items())
    )
    return (*HOST, *rest, *built_in)


def _form(name: str, slots: tuple[object, ...]) -> str:
    shown = ", ".join(f"{slot.name}{'?' if slot.optional else ''}" for slot in slots)  # type: ignore[attr-defined]
    return f"{name}({shown})"
