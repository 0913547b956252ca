from __future__ import annotations

import pytest

from app.services.registers.codes import ALPHABET, hash_code, new_code, opens, same_code
from app.services.registers.fingerprint import canonical, fingerprint
from app.services.registers.identity_seal import SealBroken, mask, mask_text, seal, unseal
from app.services.registers.periods import add_months


def test_codes_use_only_letters_that_cannot_be_confused() -> None:
    codes = {new_code(12) for _ in range(200)}
    assert len(codes) == 200
    assert set("".join(codes)) <= {*ALPHABET, "-"}
    assert not set("01ILOU") & set(ALPHABET)


def test_a_code_may_be_typed_in_any_spelling() -> None:
    assert same_code(" 7kqm 2xhp ", "7KQM-2XHP")
    assert not same_code("7KQM-2XHQ", "7KQM-2XHP")
    assert not same_code("", "7KQM-2XHP")


def test_a_stored_code_opens_only_its_number() -> None:
    code = new_code(12)
    stored = hash_code(code, "YS-2026-0001")
    assert opens(code.lower().replace("-", ""), "YS-2026-0001", stored)
    assert not opens(code, "YS-2026-0002", stored)
    assert not opens(new_code(12), "YS-2026-0001", stored)
    assert code.replace("-", "") not in stored


def test_a_sealed_identity_opens_with_its_own_key_only() -> None:
    sealed = seal("one", {"name": "某某", "phone": "13800000000"})
    assert "某某".encode() not in sealed
    assert unseal("one", sealed) == {"name": "某某", "phone": "13800000000"}
    for key, data in (("two", sealed), ("one", sealed[:-4] + b"AAA="), ("one", b"")):
        with pytest.raises(SealBroken):
            unseal(key, data)


@pytest.mark.parametrize(
    ("key", "text", "masked"),
    [
        ("name", "某某某", "某**"),
        ("name", "某", "*"),
        ("name", "东海银行", "东***"),
        ("phone", "13812345678", "138****5678"),
        ("phone", "138 1234 5678", "138****5678"),
        ("phone", "12345", "1****"),
        ("id_no", "310101199001011234", "3101************34"),
        ("email", "someone@example.invalid", "s***@example.invalid"),
        ("account", "6222020000001234", "6222********1234"),
        ("uscc", "91310000TEST00001X", "9131**********001X"),
    ],
)
def test_masks_cover_most_of_a_text(key: str, text: str, masked: str) -> None:
    assert mask_text(key, text) == masked


def test_empty_parts_of_an_identity_are_left_out() -> None:
    assert mask({"name": "某某", "phone": "", "email": None}) == {"name": "某*"}


def test_the_same_value_has_the_same_bytes_in_any_order() -> None:
    assert canonical({"b": 1, "a": [1, {"d": 2, "c": "值"}]}) == '{"a":[1,{"c":"值","d":2}],"b":1}'.encode()
    assert fingerprint({"x": 1, "y": 2}) == fingerprint({"y": 2, "x": 1}) != fingerprint({"x": 1, "y": 3})


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2026-11-30", 36, "2029-11-30"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-03-31", 0, "2026-03-31"),
    ],
)
def test_months_end_on_the_same_day_or_the_last(day: str, months: int, expected: str) -> None:
    from datetime import date

    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(expected)
