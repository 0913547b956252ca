"""A form that can be served."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.engine.feel import Scope
from app.engine.form.accept import Accepted, accept_data
from app.engine.form.convert import Files
from app.engine.form.model import Component, ZiGroup
from app.engine.form.state import State, survey
from app.engine.form.words import Language, Text


@dataclass(frozen=True)
class Form:
    """A form, read and checked; `language` is the one it is shown in.

    `names` are the variables it looks at, `members` what it reads of them by a path.
    """

    key: str
    title: Text
    components: tuple[Component, ...]
    zi_groups: tuple[ZiGroup, ...] = ()
    names: frozenset[str] = frozenset()
    members: frozenset[tuple[str, str]] = frozenset()
    language: Language = "zh"

    def localised(self, language: Language) -> Form:
        """The same form, shown in `language`."""
        return replace(self, language=language)

    def walk(self) -> Iterator[Component]:
        """Every component, containers before what is in them."""
        yield from _walk(self.components)

    @property
    def clauses(self) -> dict[str, tuple[str, ...]]:
        """Clause ids by component id, for clause coverage."""
        return {c.id: c.look.clauses for c in self.walk() if c.look.clauses}

    def untranslated(self) -> list[str]:
        """Ids of components whose label or text has no English."""
        return [c.id for c in self.walk() if any(p is not None and p.en is None for p in (c.label, c.body))]

    def accept(
        self,
        data: Mapping[str, Any],
        variables: Mapping[str, Any],
        scope: Scope | None = None,
        *,
        stored: Mapping[str, Any] | None = None,
        files: Files | None = None,
        partial: bool = False,
    ) -> Accepted:
        """What the form makes of `data`, JSON values or the texts of a page; never raises for any data.

        Only declared, visible, editable fields are taken; computed fields are computed here; hidden and
        read-only ones keep what is in `stored`. `files` are the attachments uploaded for this form, by id.
        A key that was not sent keeps its stored value, else its default; null clears it. With `partial`
        (drafts) an empty required field is in `missing` but no error.
        """
        return accept_data(
            self.components,
            self.zi_groups,
            data,
            variables,
            scope,
            stored=stored,
            files=files,
            partial=partial,
        )

    def survey(
        self,
        values: Mapping[str, Any],
        variables: Mapping[str, Any],
        scope: Scope | None = None,
    ) -> tuple[State, ...]:
        """The state of every component while the form holds `values`, for showing it."""
        return survey(self.components, {}, variables, scope, stored=values)


def _walk(components: tuple[Component, ...]) -> Iterator[Component]:
    for component in components:
        yield component
        yield from _walk(component.children)
