"""Check digits, telephone and account numbers, masks, and counting 字."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.rules import (
    TEXT_RULES,
    count_zi,
    id_check_character,
    is_amount,
    is_bank_account,
    is_email,
    is_id_card,
    is_mobile,
    is_phone,
    is_uscc,
    mask,
    uscc_check_character,
)

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
BODIES = st.builds(
    lambda head, digits, tail: head + digits + tail,
    st.text(ALPHABET, min_size=2, max_size=2),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(ALPHABET, min_size=9, max_size=9),
)


@given(BODIES)
def test_a_credit_code_has_exactly_one_right_check_character(body: str) -> None:
    right = [sign for sign in ALPHABET if is_uscc(body + sign)]
    assert right == [uscc_check_character(body)]


@given(BODIES, st.integers(0, 16), st.sampled_from(ALPHABET))
def test_one_wrong_character_of_a_credit_code_is_always_noticed(body: str, place: int, sign: str) -> None:
    code = body + uscc_check_character(body)
    changed = code[:place] + sign + code[place + 1 :]
    assert is_uscc(changed) is (changed == code)


def test_the_check_character_is_that_of_the_standard() -> None:
    # GB 32100-2015, annex A computes this example.
    assert uscc_check_character("91350100M000100Y4") == "3"
    assert is_uscc("91350100M000100Y43")


@pytest.mark.parametrize(
    "code", ["", "91350100M000100Y4", "91350100M000100Y4I", "91350100m000100y43", "9" * 18 + "0"]
)
def test_what_is_no_credit_code(code: str) -> None:
    assert not is_uscc(code)


@pytest.mark.parametrize(
    ("number", "right"),
    [
        ("11010519491231002X", True),  # GB 11643-1999's own example
        ("110105194912310021", False),
        ("11010519490231002X", False),
        ("440524188001010014", True),
        ("44052418800101001", False),
        ("", False),
    ],
)
def test_identity_numbers(number: str, right: bool) -> None:
    assert is_id_card(number) is right


def test_an_identity_number_with_a_day_that_never_was() -> None:
    body = "11010519490231002"
    assert not is_id_card(body + id_check_character(body))


@pytest.mark.parametrize(
    ("written", "stored", "mobile", "phone"),
    [
        ("13812345678", "13812345678", True, True),
        ("+86 138-1234-5678", "13812345678", True, True),
        ("008613812345678", "13812345678", True, True),
        ("１３８１２３４５６７８", "13812345678", True, True),
        ("12812345678", "12812345678", False, False),
        ("021-57730000", "021-57730000", False, True),
        ("（021）57730000 转 801", "021-57730000-801", False, True),
        ("0571 8123 4567", "057181234567", False, True),
        ("+86 21 57730000", "02157730000", False, True),
        ("400-820-8820", "400-820-8820", False, True),
        ("57730000", "57730000", False, False),
        ("", "", False, False),
    ],
)
def test_telephone_numbers(written: str, stored: str, mobile: bool, phone: bool) -> None:
    spelled = TEXT_RULES["phone"].spell(written)
    assert (spelled, is_mobile(spelled), is_phone(spelled)) == (stored, mobile, phone)


@pytest.mark.parametrize(
    ("address", "right"),
    [
        ("clerk@office.example.invalid", True),
        ("a.b+c@x-y.example", True),
        ("clerk", False),
        ("@example.invalid", False),
        ("a..b@example.invalid", False),
        ("a@b", False),
        ("a@-b.example", False),
        ("a b@example.invalid", False),
        ("a@example.1", False),
        ("x" * 65 + "@example.invalid", False),
    ],
)
def test_email_addresses(address: str, right: bool) -> None:
    assert is_email(address) is right


@pytest.mark.parametrize(
    ("number", "right"),
    [
        ("6222021234567890128", True),
        ("6222021234567890129", False),
        ("6200000000000005", True),
        ("6200000000000004", False),
        ("310066661018800012345", True),
        ("1001234509300012345", True),
        ("1234567", False),
        ("12a45678", False),
    ],
)
def test_bank_accounts(number: str, right: bool) -> None:
    assert is_bank_account(number) is right


def test_a_card_with_a_wrong_digit_fails_luhn() -> None:
    assert [is_bank_account(f"620000000000000{digit}") for digit in range(10)].count(True) == 1


@pytest.mark.parametrize(
    ("amount", "right"), [("0", True), ("12.50", True), ("12.505", False), ("-1", False), ("1E+3", True)]
)
def test_amounts(amount: str, right: bool) -> None:
    assert is_amount(Decimal(amount)) is right


@pytest.mark.parametrize(
    ("kind", "text", "shown"),
    [
        ("name", "王小明", "王**"),
        ("mobile", "13812345678", "138****5678"),
        ("id_card", "11010519491231002X", "1****************X"),
        ("bank_account", "310066661018800012345", "3100*************2345"),
        ("email", "clerk@example.invalid", "c***@example.invalid"),
        ("all", "机密", "＊＊＊"),
        ("name", "", ""),
        ("mobile", "138", "1**"),
    ],
)
def test_masks(kind: str, text: str, shown: str) -> None:
    assert mask(kind, text) == shown


ZI = [
    ("", 0),
    ("工作方案", 4),
    ("工作方案。", 5),
    ("工作，方案！", 6),
    ("hello", 1),
    ("hello world", 2),
    ("2026年3月", 4),
    ("ICBC银行100万元", 6),
    ("3.5%", 1),
    ("a\r\nb", 2),
    ("工作\r\n方案\n\n", 4),
    ("工 作\u3000方\t案", 4),
    ("工\u00ad作", 2),
    ("co\u00adoperate", 1),
    ("don\u2019t stop", 2),
    ("“首贷”", 4),
    ("😀", 1),
    ("👍🏽", 1),
    ("👨\u200d👩\u200d👧", 1),
    ("🇨🇳🇨🇳", 2),
    ("1️⃣", 1),
    ("é", 1),
    ("e\u0301", 1),
    ("ｆｕｌｌ", 4),
    ("①②", 2),
    ("——", 2),
    ("字\u200d字\u200d字", 3),
    ("字\u200b字", 2),
]


@pytest.mark.parametrize(("text", "count"), ZI)
def test_counting_zi(text: str, count: int) -> None:
    assert count_zi(text) == count


@given(st.text(), st.text())
def test_zi_of_two_lines_is_the_sum(first: str, second: str) -> None:
    assert count_zi(f"{first}\n{second}") == count_zi(first) + count_zi(second)


@given(st.text())
def test_zi_never_exceeds_the_length(text: str) -> None:
    assert 0 <= count_zi(text) <= len(text)


@given(st.text("工作方案", min_size=1), st.sampled_from(["\u200d", "\u00ad", "\ufe0f", "\u200b"]))
def test_invisible_signs_do_not_hide_characters(text: str, sign: str) -> None:
    assert count_zi(sign.join(text)) == len(text)
