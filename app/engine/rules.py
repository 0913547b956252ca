"""Rules for what is written in fields: codes with check digits, telephone and account numbers, counting 字.

Every rule has a spelling in which values are stored and a test of that spelling; both are pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_FORM = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}", re.ASCII)
_ID_FORM = re.compile(r"[1-9][0-9]{16}[0-9X]", re.ASCII)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_MOBILE_FORM = re.compile(r"1[3-9][0-9]{9}", re.ASCII)
_LANDLINE_FORM = re.compile(r"0(?:10|2[0-9]|[3-9][0-9]{2})-?[1-9][0-9]{6,7}(?:-[0-9]{1,6})?", re.ASCII)
_SERVICE_FORM = re.compile(r"[48]00-?[0-9]{3}-?[0-9]{4}", re.ASCII)
_ACCOUNT_FORM = re.compile(r"[0-9]{8,32}", re.ASCII)
_CARD_FORM = re.compile(r"62[0-9]{14,17}", re.ASCII)
_EMAIL_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}", re.ASCII)
_EMAIL_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?", re.ASCII)


def uscc_check_character(first17: str) -> str:
    """The 18th character of a unified social credit code (GB 32100-2015, 3.5)."""
    total = sum(_USCC_ALPHABET.index(sign) * pow(3, place, 31) for place, sign in enumerate(first17))
    return _USCC_ALPHABET[(31 - total % 31) % 31]


def is_uscc(code: str) -> bool:
    """Whether `code` is a unified social credit code with a right check character (GB 32100-2015)."""
    return bool(_USCC_FORM.fullmatch(code)) and uscc_check_character(code[:17]) == code[17]


def id_check_character(first17: str) -> str:
    """The last character of a citizen identity number (GB 11643-1999, ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * weight for digit, weight in zip(first17, _ID_WEIGHTS, strict=True))
    return "10X98765432"[total % 11]


def is_id_card(number: str) -> bool:
    """Whether `number` is an 18-character citizen identity number with a real birth date (GB 11643-1999)."""
    if not _ID_FORM.fullmatch(number) or id_check_character(number[:17]) != number[17]:
        return False
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    return born.year >= 1880


def is_mobile(number: str) -> bool:
    """Whether `number` is a mobile number of mainland China (11 digits, no country code)."""
    return bool(_MOBILE_FORM.fullmatch(number))


def is_phone(number: str) -> bool:
    """Whether `number` is a mobile, a landline with area code (and extension), or a 400/800 number."""
    return is_mobile(number) or bool(_LANDLINE_FORM.fullmatch(number) or _SERVICE_FORM.fullmatch(number))


def is_email(address: str) -> bool:
    """Whether `address` can be an e-mail address (RFC 5321 dot-string and host name, ASCII)."""
    local, at, host = address.rpartition("@")
    if not at or len(address) > 254 or not _EMAIL_LOCAL.fullmatch(local):
        return False
    if local.startswith(".") or local.endswith(".") or ".." in local:
        return False
    labels = host.split(".")
    return len(labels) >= 2 and all(map(_EMAIL_LABEL.fullmatch, labels)) and not labels[-1].isdigit()


def passes_luhn(digits: str) -> bool:
    """Whether the last of `digits` is the right Luhn check digit (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def is_bank_account(number: str) -> bool:
    """Whether `number` can be an account: 8 to 32 digits; cards (62…, 16 to 19 digits) must pass Luhn.

    Accounts of organisations carry no check digit that is common to all banks.
    """
    if not _ACCOUNT_FORM.fullmatch(number):
        return False
    return passes_luhn(number) if _CARD_FORM.fullmatch(number) else True


def is_amount(amount: Decimal) -> bool:
    """Whether `amount` is money that can be paid: not negative, at most two decimals."""
    exponent = amount.normalize().as_tuple().exponent
    return amount >= 0 and isinstance(exponent, int) and exponent >= -2


def _compact(text: str) -> str:
    return re.sub(r"[\s·]+", "", unicodedata.normalize("NFKC", text))


def _spell_code(text: str) -> str:
    return _compact(text).replace("-", "").upper()


def _spell_digits(text: str) -> str:
    return re.sub(r"[-\u2010-\u2015]", "", _compact(text))


def _spell_phone(text: str) -> str:
    number = re.sub(r"[\u2010-\u2015]", "-", _compact(text)).replace("(", "").replace(")", "-")
    number = re.sub(r"(?:转|ext\.?)", "-", number, flags=re.IGNORECASE)
    number = re.sub(r"-{2,}", "-", number).strip("-")
    bare = re.sub(r"^(?:\+|00)?86-?(?=1[3-9])", "", number).replace("-", "")
    return bare if is_mobile(bare) else re.sub(r"^(?:\+|00)86-?(?=[1-9])", "0", number)


def _spell_email(text: str) -> str:
    local, at, host = _compact(text).rpartition("@")
    return f"{local}{at}{host.lower()}"


@dataclass(frozen=True, slots=True)
class TextRule:
    """How a kind of text is stored, whether the stored spelling is right, and what to say when it is not."""

    spell: Callable[[str], str]
    is_right: Callable[[str], bool]
    zh: str
    en: str


TEXT_RULES: dict[str, TextRule] = {
    "uscc": TextRule(
        _spell_code,
        is_uscc,
        "不正确：应为 18 位，请核对每一位",
        "is wrong: it has 18 characters, check every one",
    ),
    "id_card": TextRule(
        _spell_code,
        is_id_card,
        "不正确：应为 18 位，请核对每一位",
        "is wrong: it has 18 characters, check every one",
    ),
    "mobile": TextRule(
        _spell_phone, is_mobile, "不正确：应为 11 位手机号码", "must be an 11-digit mobile number"
    ),
    "phone": TextRule(
        _spell_phone,
        is_phone,
        "不正确：应为手机号码或带区号的固定电话，如 021-12345678",
        "must be a mobile number or a landline with area code, such as 021-12345678",
    ),
    "email": TextRule(_spell_email, is_email, "不正确：应为电子邮箱地址", "must be an e-mail address"),
    "bank_account": TextRule(
        _spell_digits,
        is_bank_account,
        "不正确：应为 8 至 32 位数字，请核对每一位",
        "is wrong: it has 8 to 32 digits, check every one",
    ),
}
NUMBER_RULES = frozenset({"amount", "year"})
MASKS = frozenset({"name", "mobile", "phone", "email", "id_card", "bank_account", "address", "all"})

_MASK_ENDS = {"name": (1, 0), "mobile": (3, 4), "phone": (3, 2), "id_card": (1, 1), "address": (6, 0)}


def mask(kind: str, text: str) -> str:
    """`text` with its middle hidden as is customary for that kind of data; `all` hides everything."""
    if kind == "all" or not text:
        return "＊＊＊" if text else ""
    if kind == "email":
        local, at, host = text.partition("@")
        return f"{local[:1]}***{at}{host}"
    head, tail = _MASK_ENDS.get(kind, (4, 4))
    if len(text) <= head + tail:
        return text[:1] + "*" * (len(text) - 1)
    return text[:head] + "*" * (len(text) - head - tail) + (text[-tail:] if tail else "")


_JOINER = "\u200d"
_APOSTROPHE = "\u2019"


def _zi_class(sign: str) -> str:
    """`blank`, `mark` (counts with what stands before it), `run` (part of a half-width run) or `one`."""
    if sign.isascii():
        return "blank" if sign.isspace() or not sign.isprintable() else "run"
    category = unicodedata.category(sign)
    if sign.isspace() or category == "Cc":
        return "blank"
    if category in ("Mn", "Me", "Cf", "Cs") or "\U0001f3fb" <= sign <= "\U0001f3ff":
        return "mark"
    wide = unicodedata.east_asian_width(sign) in "WFH"
    return "run" if (category[0] == "L" or category == "Nd") and not wide else "one"


def _is_apostrophe(text: str, place: int) -> bool:
    following = text[place + 1 : place + 2]
    return text[place] == _APOSTROPHE and following.isascii() and following.isalpha()


def _is_regional(sign: str) -> bool:
    return "\U0001f1e6" <= sign <= "\U0001f1ff"


def count_zi(text: str) -> int:
    """Number of 字 in `text` (clause S2-F3).

    A CJK character or full-width mark is 1; a run of half-width letters, digits and signs without blanks
    is 1; blanks and line breaks are 0; any other sign or emoji is 1; invisible signs are 0.
    """
    total, in_run, joined, in_flag = 0, False, False, False
    for place, sign in enumerate(text):
        kind = _zi_class(sign)
        if kind == "mark":
            joined = sign == _JOINER
        elif not (in_run and _is_apostrophe(text, place)):
            completes = (joined and unicodedata.category(sign) == "So") or (in_flag and _is_regional(sign))
            in_flag = _is_regional(sign) and not in_flag
            total += (kind == "one" and not completes) or (kind == "run" and not in_run)
            in_run, joined = kind == "run", False
    return total
