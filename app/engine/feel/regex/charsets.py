"""Which characters a piece of a pattern matches (XML Schema 1.1, part 2, appendix G)."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Mapping

Test = Callable[[str], bool]

_INITIAL = re.compile(
    "[:A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff]"
)
_NAME_EXTRA = re.compile("[-.0-9\u00b7\u0300-\u036f\u203f-\u2040]")
_CATEGORY = re.compile(r"L[ultmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|Z[slp]?|S[mcko]?|C[cfon]?")
# No letter beyond the Adlam block has a case.
_LAST_CASED = 0x1E943
_BLOCKS = {
    "BasicLatin": (0x0000, 0x007F),
    "Latin-1Supplement": (0x0080, 0x00FF),
    "LatinExtended-A": (0x0100, 0x017F),
    "LatinExtended-B": (0x0180, 0x024F),
    "IPAExtensions": (0x0250, 0x02AF),
    "SpacingModifierLetters": (0x02B0, 0x02FF),
    "CombiningDiacriticalMarks": (0x0300, 0x036F),
    "Greek": (0x0370, 0x03FF),
    "GreekandCoptic": (0x0370, 0x03FF),
    "Cyrillic": (0x0400, 0x04FF),
    "Armenian": (0x0530, 0x058F),
    "Hebrew": (0x0590, 0x05FF),
    "Arabic": (0x0600, 0x06FF),
    "Devanagari": (0x0900, 0x097F),
    "Thai": (0x0E00, 0x0E7F),
    "Tibetan": (0x0F00, 0x0FFF),
    "HangulJamo": (0x1100, 0x11FF),
    "Mongolian": (0x1800, 0x18AF),
    "LatinExtendedAdditional": (0x1E00, 0x1EFF),
    "GeneralPunctuation": (0x2000, 0x206F),
    "SuperscriptsandSubscripts": (0x2070, 0x209F),
    "CurrencySymbols": (0x20A0, 0x20CF),
    "LetterlikeSymbols": (0x2100, 0x214F),
    "NumberForms": (0x2150, 0x218F),
    "Arrows": (0x2190, 0x21FF),
    "MathematicalOperators": (0x2200, 0x22FF),
    "BoxDrawing": (0x2500, 0x257F),
    "CJKRadicalsSupplement": (0x2E80, 0x2EFF),
    "CJKSymbolsandPunctuation": (0x3000, 0x303F),
    "Hiragana": (0x3040, 0x309F),
    "Katakana": (0x30A0, 0x30FF),
    "Bopomofo": (0x3100, 0x312F),
    "CJKUnifiedIdeographsExtensionA": (0x3400, 0x4DBF),
    "CJKUnifiedIdeographs": (0x4E00, 0x9FFF),
    "HangulSyllables": (0xAC00, 0xD7AF),
    "PrivateUse": (0xE000, 0xF8FF),
    "CJKCompatibilityIdeographs": (0xF900, 0xFAFF),
    "HalfwidthandFullwidthForms": (0xFF00, 0xFFEF),
}


def _is_word(char: str) -> bool:
    return unicodedata.category(char)[0] not in "PZC"


def _is_initial(char: str) -> bool:
    return _INITIAL.match(char) is not None


def _is_name(char: str) -> bool:
    return _is_initial(char) or _NAME_EXTRA.match(char) is not None


def invert(test: Test) -> Test:
    """The characters the test refuses."""
    return lambda char: not test(char)


ESCAPED_SETS: dict[str, Test] = {
    "d": lambda char: unicodedata.category(char) == "Nd",
    "s": lambda char: char in " \t\n\r",
    "w": _is_word,
    "i": _is_initial,
    "c": _is_name,
}
ESCAPED_SETS.update({letter.upper(): invert(test) for letter, test in tuple(ESCAPED_SETS.items())})
ESCAPED_CHARS = {"n": "\n", "r": "\r", "t": "\t"} | {char: char for char in r"\|.?*+(){}$-[]^"}


def named_set(name: str) -> Test:
    """The characters of a Unicode category or, with `Is`, of a block; raises ValueError."""
    if name.startswith("Is") and name[2:] in _BLOCKS:
        low, high = _BLOCKS[name[2:]]
        return lambda char: low <= ord(char) <= high
    if not _CATEGORY.fullmatch(name):
        raise ValueError(f"no characters are called {name!r}")
    return lambda char: unicodedata.category(char).startswith(name)


@functools.cache
def _cased() -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, tuple[str, ...]]]:
    """The letters that have another case, by their small and by their capital form."""
    small: dict[str, tuple[str, ...]] = {}
    capital: dict[str, tuple[str, ...]] = {}
    for char in map(chr, range(_LAST_CASED + 1)):
        lower, upper = char.lower(), char.upper()
        if lower != char or upper != char:
            small[lower] = (*small.get(lower, ()), char)
            capital[upper] = (*capital.get(upper, ()), char)
    return small, capital


def case_variants(char: str) -> tuple[str, ...]:
    """The character and all that have the same small or the same capital form (XPath Functions, 5.6.2)."""
    small, capital = _cased()
    return (char, *small.get(char.lower(), ()), *capital.get(char.upper(), ()))


def ignore_case(test: Test) -> Test:
    """The characters of the test in any case."""
    return lambda char: any(test(variant) for variant in case_variants(char))


def between(low: str, high: str) -> Test:
    """The characters from low to high; raises ValueError when they are the wrong way round."""
    if low > high:
        raise ValueError(f"range {low}-{high} is empty")
    return lambda char: low <= char <= high


def any_of(tests: list[Test]) -> Test:
    """The characters one of the tests accepts."""
    return tests[0] if len(tests) == 1 else lambda char: any(test(char) for test in tests)


def without(test: Test, taken: Test) -> Test:
    """Character class subtraction."""
    return lambda char: test(char) and not taken(char)


def exactly(wanted: str) -> Test:
    """One character."""
    return lambda char: char == wanted
