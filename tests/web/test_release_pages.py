"""The pages before a release: the check, the comparison of two versions, submitting."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from app.services import content_files
from app.services.studio import drafts
from tests.factories import LEAVE, LEAVE_FILES, World
from tests.web.conftest import Visitor
from tests.web.test_studio import page, parse, save

SignIn = Callable[[str], Visitor]
ROOT = Path(__file__).resolve().parents[2]
RELEASE_FILES = {
    path: data for path, data in content_files.read_folder(ROOT).items() if "policy_lifecycle" in path
}
POLICY = b"""{"id": "rules", "clauses": [{"id": "C1", "zh": "\\u671f\\u9650", "text": "x"}, {"id": "C2", "zh": "\\u76ee\\u7684", "text": "y"}],
  "parameters": [{"key": "limit", "zh": "\\u65f6\\u9650", "must_set": true, "default": null, "basis": "C1"}]}"""
CHANGED = LEAVE.replace('name="审批"', 'name="复核"').replace("wd(3)", "wd(7)").encode()
# Both ways behind the gateway must arrive at the join, but only one is taken.
DEADLOCK = LEAVE.replace(
    '<bpmn:endEvent id="e_yes" name="同意" zr:outcome="agreed"><bpmn:incoming>f4</bpmn:incoming></bpmn:endEvent>',
    '<bpmn:parallelGateway id="j" name="汇合"><bpmn:incoming>f4</bpmn:incoming><bpmn:incoming>f5</bpmn:incoming>'
    '<bpmn:outgoing>f8</bpmn:outgoing></bpmn:parallelGateway><bpmn:endEvent id="e_yes" name="同意" zr:outcome="agreed">'
    "<bpmn:incoming>f8</bpmn:incoming></bpmn:endEvent>"
    '<bpmn:sequenceFlow id="f8" sourceRef="j" targetRef="e_yes"/>',
).replace('sourceRef="g" targetRef="e_yes"', 'sourceRef="g" targetRef="j"').replace(
    'sourceRef="g" targetRef="e_no"', 'sourceRef="g" targetRef="j"'
).replace(
    '<bpmn:endEvent id="e_no" name="不同意" zr:outcome="refused"><bpmn:incoming>f5</bpmn:incoming></bpmn:endEvent>', ""
).replace("<bpmn:flowNodeRef>e_no</bpmn:flowNodeRef>", "<bpmn:flowNodeRef>j</bpmn:flowNodeRef>")  # fmt: skip


@pytest.fixture
def jia(world: World, sign_in: SignIn) -> Visitor:
    """A designer with draft 1."""
    world.deploy({**LEAVE_FILES, **RELEASE_FILES})
    world.add_person("jia", "process_designer")
    world.add_person("pi", "process_approver")
    visitor = sign_in("jia")
    assert visitor.send("/studio/drafts/", title="改审批").location == "/studio/drafts/1/"
    return visitor


def test_an_unsound_draft_is_shown_failing(world: World, jia: Visitor) -> None:
    save(world, "jia", DEADLOCK.encode())
    text = page(jia, "/studio/drafts/1/check")
    assert "最短失败路径：请假" in text
    assert "汇合" in text
    tree = parse(jia.get("/studio/drafts/1/check").get_data(as_text=True))
    steps = [item.text for item in tree.findall(".//ol[@class='run-steps']/li")]
    assert (steps[0], steps[-1]) == ("开始", "同意吗")
    (stuck,) = tree.xpath("//*[local-name()='g'][contains(@class, 'is-failed')]")
    assert stuck.get("data-element-id") == "j"
    link = tree.xpath("//section[@id='proof']//a/@href")[0]
    assert link == "/studio/drafts/1/process/leave#j"
    refused = jia.send("/studio/drafts/1/release", note="有错")
    assert refused.status_code == 422
    assert "改正前不能发布" in refused.get_data(as_text=True)


def test_the_check_tells_parameters_clauses_and_tests(world: World, jia: Visitor) -> None:
    save(world, "jia", POLICY, "policies/rules.json")
    save(world, "jia", LEAVE.replace("wd(5)", "wd(params.gone)").encode())
    text = page(jia, "/studio/drafts/1/check")
    for expected in (
        "参数“时限”必须设定",
        "政策中没有参数 gone",
        "没有规则的条款 1",
        "没有注明条款的环节和判定行",
    ):
        assert expected in text, expected


def test_two_versions_are_compared_in_sentences(world: World, jia: Visitor) -> None:
    save(world, "jia", CHANGED)
    assert jia.get("/studio/drafts/1/compare").location == "/studio/compare?old=2&new=draft-1"
    text = page(jia, "/studio/compare?old=2&new=draft-1")
    assert "“审批”的名称由“审批”改为“复核”" in text
    assert "“审批”的办理时限由 3 个工作日改为 7 个工作日" in text
    address = "/studio/compare?old=2&new=draft-1&file=bpmn/leave.bpmn"
    page(jia, address)
    tree = parse(jia.get(address).get_data(as_text=True))
    marked = tree.xpath("//*[local-name()='g'][contains(@class, 'is-changed')]/@data-element-id")
    assert marked == ["t_check", "t_check"]
    assert "time limit changed from 3 working days to 7 working days" in jia.get(
        address + "&lang=en"
    ).get_data(as_text=True)
    assert "逐字节相同" in page(jia, "/studio/compare?old=2&new=2&lang=zh")
    page(jia, "/studio/compare")


@pytest.mark.parametrize("query", ["old=0&new=2", "old=x&new=1", "old=1&new=draft-9", "old=99&new=1",
                                   "old=1&new=2&file=bpmn/none.bpmn", "old=1&new=draft-1&file=../x"])  # fmt: skip
def test_what_does_not_exist_is_not_compared(jia: Visitor, query: str) -> None:
    assert jia.get(f"/studio/compare?{query}").status_code == 404


def test_a_draft_goes_to_the_inbox_of_the_approver(world: World, jia: Visitor, sign_in: SignIn) -> None:
    save(world, "jia", CHANGED)
    assert "发布将改变" in page(jia, "/studio/drafts/1/release")
    assert jia.send("/studio/drafts/1/release", note=" ").status_code == 422
    assert jia.send("/studio/drafts/1/release", note="名称更准确").location == "/studio/drafts/1/"
    found = re.search(r"FB-\d{4}-0001", page(jia, "/studio/drafts/1/"))
    assert found
    number = found[0]
    assert jia.get("/studio/drafts/1/release").status_code == 404
    assert jia.send("/", "/studio/drafts/1/release", note="再来").status_code == 409
    assert "历史案例回测" in page(jia, "/inbox/claimable")
    task_id = world.open_tasks(number)["t_sim"]
    jia.send("/inbox", f"/tasks/{task_id}/claim")
    form = jia.get(f"/tasks/{task_id}").get_data(as_text=True)
    assert '<a href="/studio/drafts/1/check"' in form
    field = re.search(r'name="(\w*note)"', form)
    assert field
    jia.send(f"/tasks/{task_id}", **{field[1]: "无影响"})
    pi = sign_in("pi")
    assert "批准生效日期" in page(pi, "/inbox/claimable")
    assert "改审批" in page(pi, f"/tasks/{world.open_tasks(number)['t_ok']}")
    page(pi, "/studio/drafts/1/check")
    assert pi.get("/studio/drafts/1/release").status_code == 403
    with world.looking() as context:
        assert drafts.find_draft(context, 1).state == "in_review"
