"""What a decision table says in Chinese only is found, text by text and name by name."""

from __future__ import annotations

import pytest

from app.engine.definition import Bundle, check_bundle

TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:zr="https://zhirong.example.invalid/schema/1.0"
 id="m" name="判定" namespace="t" zr:nameEn="Decision"><inputData id="i" name="数量"><variable name="数量"/></inputData>
<decision id="d" name="d"><variable name="d"/><informationRequirement><requiredInput href="#i"/></informationRequirement>
<decisionTable hitPolicy="FIRST"><input id="in" label="数量够" zr:nameEn="Enough"><inputExpression><text>数量 > 1</text>
</inputExpression></input><output id="o1" name="reason"/><output id="o2" name="reason_en"/>
<annotation name="reason"/><annotation name="reason_en"/>
<rule id="r1"><inputEntry><text>true</text></inputEntry><outputEntry><text>"够：" + string(数量)</text></outputEntry>
<outputEntry><text>"Enough: " + string(数量)</text></outputEntry>
<annotationEntry><text>够</text></annotationEntry><annotationEntry><text>enough</text></annotationEntry></rule>
<rule id="r2"><inputEntry><text>-</text></inputEntry><outputEntry><text>string(数量)</text></outputEntry>
<outputEntry><text>null</text></outputEntry>
<annotationEntry><text></text></annotationEntry><annotationEntry><text></text></annotationEntry></rule>
</decisionTable></decision></definitions>"""


def missing(xml: str) -> set[tuple[str, str | None]]:
    found = check_bundle(Bundle({}, {"d": xml.encode()}), {})
    kinds = {"untranslated", "no_english_name"}
    assert all(problem.severity == "warning" for problem in found if problem.code in kinds)
    return {(problem.code, problem.element_id) for problem in found if problem.code in kinds}


def test_a_table_in_both_languages_lacks_nothing_whatever_its_variables_are_called() -> None:
    assert missing(TABLE) == set()


@pytest.mark.parametrize(
    ("given", "instead", "found"),
    [
        (' zr:nameEn="Decision"', "", ("no_english_name", "d")),
        (' zr:nameEn="Enough"', "", ("no_english_name", "in")),
        ('"Enough: " + string(数量)', '""', ("untranslated", "r1")),
        ('name="reason_en"/>\n<annotation', 'name="other"/>\n<annotation', ("untranslated", "r1")),
        ("string(数量)</text></outputEntry>\n<outputEntry><text>null", '"不够"</text></outputEntry><outputEntry><text>null',
         ("untranslated", "r2")),
        ("enough</text>", "</text>", ("untranslated", "r1")),
    ],
)  # fmt: skip
def test_what_is_missing_is_named(given: str, instead: str, found: tuple[str, str]) -> None:
    assert given in TABLE
    assert missing(TABLE.replace(given, instead, 1)) == {found}
