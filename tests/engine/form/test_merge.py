"""Two people on one form: what each typed is there afterwards, in its place or told as a conflict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.form.merge import Conflict, merge, overlay, same, value_at, with_value

Tree = dict[str, Any]


def test_changes_of_different_fields_come_together() -> None:
    merged = merge({"a": "1", "b": "2"}, {"a": "x", "b": "2"}, {"a": "1", "b": "y"})
    assert (merged.values, merged.conflicts) == ({"a": "x", "b": "y"}, ())


def test_both_values_of_a_conflict_are_kept() -> None:
    merged = merge({"a": "1"}, {"a": "mine"}, {"a": "theirs"})
    assert merged.values == {"a": "mine"}
    assert merged.conflicts == (Conflict(("a",), "mine", "theirs"),)


def test_what_was_not_on_the_page_is_unchanged() -> None:
    """A field that a condition hides is not sent; its text must not go."""
    assert merge({"a": "1", "b": "text"}, {"a": "2"}, {"a": "1", "b": "text"}).values == {
        "a": "2",
        "b": "text",
    }


def test_nobody_fights_over_line_ends_and_emptiness() -> None:
    merged = merge({}, {"a": "x\r\ny", "b": "", "c": None}, {"a": "x\ny", "b": None, "c": False})
    assert merged.conflicts == ()


def test_rows_are_known_by_their_ids() -> None:
    base = {"rows": [{"#": "1", "n": "a"}, {"#": "2", "n": "b"}, {"#": "3", "n": "c"}]}
    mine = {"rows": [{"#": "2", "n": "b2"}, {"#": "9", "n": "new"}, {"#": "3", "n": "c"}]}
    theirs = {
        "rows": [{"#": "7", "n": "top"}, {"#": "1", "n": "a"}, {"#": "2", "n": "b"}, {"#": "3", "n": "c3"}]
    }
    merged = merge(base, mine, theirs)
    assert [row["n"] for row in merged.values["rows"]] == ["top", "b2", "new", "c3"]
    assert merged.conflicts == ()


def test_a_row_that_one_changed_and_one_removed_stays() -> None:
    base = {"rows": [{"#": "1", "n": "a"}]}
    changed = {"rows": [{"#": "1", "n": "a2"}]}
    for mine, theirs in ((changed, {"rows": []}), ({"rows": []}, changed)):
        merged = merge(base, mine, theirs)
        assert merged.values == changed
        assert merged.conflicts[0].path == ("rows", "#1")
        assert None in (merged.conflicts[0].mine, merged.conflicts[0].theirs)


def test_fixed_rows_are_known_by_their_places() -> None:
    base = {"scores": [{"s": "1"}, {"s": "2"}]}
    merged = merge(base, {"scores": [{"s": "9"}, {"s": "2"}]}, {"scores": [{"s": "1"}, {"s": "8"}]})
    assert merged.values == {"scores": [{"s": "9"}, {"s": "8"}]}


def test_choices_and_attachments_are_sets() -> None:
    merged = merge({"files": ["1", "2"]}, {"files": ["1", "3"]}, {"files": ["1", "2", "4"]})
    assert merged.values == {"files": ["1", "4", "3"]}


def test_a_path_leads_into_rows() -> None:
    tree = {"g": {"rows": [{"#": "1", "n": "a"}, {"#": "2", "n": "b"}]}}
    assert value_at(tree, ("g", "rows", "#2", "n")) == "b"
    assert value_at(with_value(tree, ("g", "rows", "#2", "n"), "c"), ("g", "rows", "#2", "n")) == "c"
    assert with_value(tree, ("g", "rows", "#9", "n"), "c") == tree
    assert value_at(tree, ("g", "rows", "#9", "n")) is None
    assert with_value({}, ("g", "n"), "c") == {"g": {"n": "c"}}


def test_an_overlay_goes_into_groups() -> None:
    assert overlay({"g": {"a": "1", "b": "2"}}, {"g": {"a": "x"}}) == {"g": {"a": "x", "b": "2"}}


TEXT = st.sampled_from(["", "a", "b", "c", "甲", "x\ny"]) | st.text(max_size=4)
LEAF = TEXT | st.none() | st.booleans()
ITEMS = st.lists(st.sampled_from("123456"), max_size=4, unique=True)
ROW = st.fixed_dictionaries({}, optional={"n": TEXT, "m": TEXT, "files": ITEMS})


@st.composite
def rows(draw: st.DrawFn) -> list[Tree]:
    ids = draw(st.lists(st.sampled_from("abcdef"), max_size=4, unique=True))
    return [{"#": key, **draw(ROW)} for key in ids]


TREE = st.fixed_dictionaries(
    {},
    optional={
        "a": TEXT,
        "b": TEXT,
        "t": st.booleans(),
        "many": ITEMS,
        "g": st.fixed_dictionaries({}, optional={"x": TEXT, "rows": rows()}),
        "rows": rows(),
    },
)


def leaves(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value that somebody can have typed, with its place."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key != "#":
                yield from leaves(value, (*path, key))
    elif isinstance(tree, list) and tree and isinstance(tree[0], dict):
        for row in tree:
            yield from leaves(row, (*path, f"#{row['#']}"))
    elif isinstance(tree, list):
        for item in tree:
            yield (*path, "*"), item
    else:
        yield path, tree


@settings(max_examples=400, deadline=None)
@given(TREE, TREE, TREE)
def test_no_value_that_someone_typed_disappears(base: Tree, mine: Tree, theirs: Tree) -> None:
    merged = merge(base, mine, theirs)
    known = set(leaves(base))
    there = set(leaves(merged.values))
    told: set[Any] = set()
    for conflict in merged.conflicts:
        told |= set(leaves(conflict.mine, conflict.path)) | set(leaves(conflict.theirs, conflict.path))
    for tree in (mine, theirs):
        typed = {found for found in leaves(tree) if found[1] not in (None, "", False)} - known
        assert typed <= there | told


@settings(max_examples=300, deadline=None)
@given(TREE, TREE)
def test_merging_with_nobody_changes_nothing(base: Tree, mine: Tree) -> None:
    for merged in (merge(base, mine, base), merge(base, base, mine), merge(base, mine, mine)):
        assert merged.conflicts == ()
        for path, value in leaves(mine):
            if path[-1] != "*":
                assert same(value_at(merged.values, path), value)


@settings(max_examples=300, deadline=None)
@given(TREE, TREE, TREE)
def test_both_see_the_same_fields_whoever_saves_first(base: Tree, mine: Tree, theirs: Tree) -> None:
    one, other = merge(base, mine, theirs), merge(base, theirs, mine)
    fights = {conflict.path for conflict in one.conflicts}
    assert fights == {conflict.path for conflict in other.conflicts}
    for path, value in leaves(one.values):
        if path[-1] != "*" and not any(path[: len(fight)] == fight for fight in fights):
            assert same(value, value_at(other.values, path))
