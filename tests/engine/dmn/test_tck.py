from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.engine.tck import main_lines, run_tck
from tests.engine.dmn.models import decision, definitions, input_data, literal, needs

MODEL = definitions(
    input_data("n", "number")
    + input_data("untyped", "boolean")
    + decision("plus", literal("n + 0.1"), needs("Input", "i_n"), "number")
    + decision(
        "shape", literal('{a: [1, n], d: @"2026-01-01", t: untyped}'), needs("Input", "i_n", "i_untyped")
    )
    + decision("wrong", literal("1 +"))
    + '<businessKnowledgeModel id="b" name="half"><variable name="half"/><encapsulatedLogic><formalParameter name="v"/>'
    + literal("v / 2")
    + "</encapsulatedLogic></businessKnowledgeModel>"
    + '<decisionService id="s" name="service"><outputDecision href="#d_plus"/><inputData href="#i_n"/></decisionService>'
)
CASES = """<testCases xmlns="http://www.omg.org/spec/DMN/20160719/testcase" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xmlns:xsd="http://www.w3.org/2001/XMLSchema"><modelName>own.dmn</modelName>
<testCase id="near"><inputNode name="n"><value xsi:type="xsd:decimal">1</value></inputNode>
 <resultNode name="plus" type="decision"><expected><value xsi:type="xsd:double">1.1000000001</value></expected></resultNode></testCase>
<testCase id="far"><inputNode name="n"><value xsi:type="xsd:decimal">1</value></inputNode>
 <resultNode name="plus" type="decision"><expected><value xsi:type="xsd:double">1.101</value></expected></resultNode></testCase>
<testCase id="shape"><inputNode name="n"><value>2</value></inputNode><inputNode name="untyped"><value>true</value></inputNode>
 <resultNode name="shape" type="decision"><expected>
  <component name="a"><list><item><value xsi:type="xsd:decimal">1</value></item><item><value>2</value></item></list></component>
  <component name="d"><value xsi:type="xsd:date">2026-01-01</value></component>
  <component name="t"><value>true</value></component></expected></resultNode></testCase>
<testCase id="error"><resultNode name="wrong" type="decision" errorResult="true"><expected><value xsi:nil="true"/></expected></resultNode></testCase>
<testCase id="knowledge" type="bkm" invocableName="half"><inputNode name="v"><value xsi:type="xsd:decimal">3</value></inputNode>
 <resultNode name="half"><expected><value xsi:type="xsd:decimal">1.5</value></expected></resultNode></testCase>
<testCase id="service" type="decisionService" invocableName="service"><inputNode name="n"><value xsi:type="xsd:decimal">3</value></inputNode>
 <resultNode name="plus"><expected><value xsi:type="xsd:decimal">3.1</value></expected></resultNode></testCase>
<testCase id="missing"><resultNode name="nothing" type="decision"><expected><value xsi:nil="true"/></expected></resultNode></testCase>
</testCases>"""


def test_own_cases(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "own.dmn").write_bytes(MODEL)
    (folder / "own-test-01.xml").write_text(CASES, encoding="utf-8")
    (folder / "lost-test-01.xml").write_text(CASES.replace("own.dmn", "lost.dmn"), encoding="utf-8")
    report = run_tck(tmp_path)
    assert [(failure.file, failure.case) for failure in report.failures] == [
        ("lost-test-01.xml", "-"),
        ("own-test-01.xml", "far"),
        ("own-test-01.xml", "missing"),
    ]
    assert report.passed == 5
    lines = list(main_lines(tmp_path))
    assert lines[-1] == "5 passed, 3 failed"
    assert "expected 1.101, got 1.1" in lines[1]


OTHER = definitions(input_data("n", "number"), namespace="urn:other")
SECOND = definitions(
    '<import name="other" namespace="urn:other" importType="https://www.omg.org/spec/DMN/20230324/MODEL/"/>'
    + input_data("n", "number")
    + decision("sum", literal("n + other.n"), needs("Input", "i_n", "urn:other#i_n"))
    + decision("half", literal("n / 2"), needs("Input", "i_n"))
    + '<decisionService id="s" name="both"><outputDecision href="#d_half"/><outputDecision href="#d_odd"/><inputData href="#i_n"/></decisionService>'
    + decision("odd", literal("odd(n)"), needs("Input", "i_n"))
)
_TWO = '<inputNode name="n"><value xsi:type="xsd:decimal">2</value></inputNode>'
SHAPES = f"""<testCases xmlns="http://www.omg.org/spec/DMN/20160719/testcase" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xmlns:xsd="http://www.w3.org/2001/XMLSchema"><modelName>second.dmn</modelName>
<testCase id="input of an imported model">{_TWO}
 <inputNode name="n" namespace="urn:other"><value xsi:type="xsd:decimal">3</value></inputNode>
 <resultNode name="sum" type="decision"><expected><value xsi:type="xsd:decimal">5</value></expected></resultNode></testCase>
<testCase id="name of no matter" type="decision" invocableName="something">{_TWO}
 <resultNode name="half" type="decision"><expected><value xsi:type="xsd:decimal">1</value></expected></resultNode></testCase>
<testCase id="outputs" type="decisionService" invocableName="both">{_TWO}
 <resultNode name="half"><expected><value xsi:type="xsd:decimal">1</value></expected></resultNode>
 <resultNode name="odd" type="decision"><expected><value xsi:type="xsd:boolean">false</value></expected></resultNode></testCase>
<testCase id="service by the result">{_TWO}
 <resultNode name="both"><expected><component name="half"><value xsi:type="xsd:decimal">1</value></component>
  <component name="odd"><value xsi:type="xsd:boolean">false</value></component></expected></resultNode></testCase>
<testCase id="no number"><inputNode name="n"><value xsi:type="xsd:decimal">two</value></inputNode>
 <resultNode name="half" type="decision"><expected><value xsi:nil="true"/></expected></resultNode></testCase>
<testCase id="no number either">{_TWO}<resultNode name="half"><expected><value>one</value></expected></resultNode></testCase>
<testCase id="nothing expected">{_TWO}<resultNode name="half" type="decision"/></testCase>
</testCases>"""


def test_cases_of_every_shape(tmp_path: Path) -> None:
    (tmp_path / "second.dmn").write_bytes(b"\xef\xbb\xbf" + SECOND)
    (tmp_path / "other.dmn").write_bytes(OTHER)
    (tmp_path / "second-test-01.xml").write_bytes(b"\xef\xbb\xbf" + SHAPES.replace("\n", "\r\n").encode())
    (tmp_path / "notes.xml").write_text("<notes/>")
    (tmp_path / "torn.xml").write_text("<testCases")
    report = run_tck(tmp_path)
    assert [(failure.file, failure.case) for failure in report.failures] == [
        ("second-test-01.xml", "no number"),
        ("second-test-01.xml", "no number either"),
        ("torn.xml", "-"),
    ]
    assert report.passed == 5


@pytest.mark.skipif(
    not os.environ.get("ZHIRONG_DMN_TCK"), reason="ZHIRONG_DMN_TCK does not name a folder with the DMN TCK"
)
def test_the_compatibility_kit() -> None:
    report = run_tck(Path(os.environ["ZHIRONG_DMN_TCK"]))
    assert report.failures == ()
    assert report.passed > 0
