"""A form that is only read: on the case page, before submission, in print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.engine.feel import Scope
from app.engine.form import Form, Language
from app.web.forms.drawing import Drawing
from app.web.forms.nodes import Block, Node, group_values
from app.web.forms.shown import AttachmentUrl
from app.web.forms.words import words_of


@dataclass(frozen=True)
class ShownForm:
    """What `render_values` draws."""

    language: Language
    nodes: list[Node]

    @property
    def blocks(self) -> list[Block]:
        """The nodes for reading: neighbouring values together."""
        return group_values(self.nodes)

    @property
    def words(self) -> dict[str, str]:
        """Words of the page for templates."""
        return words_of(self.language)


def show_form(
    form: Form,
    values: Mapping[str, Any],
    language: Language,
    variables: Mapping[str, Any] | None = None,
    scope: Scope | None = None,
    *,
    reveal: bool = False,
    attachment_url: AttachmentUrl | None = None,
) -> ShownForm:
    """The accepted `values` of `form` to be read; `reveal` shows masked fields in full.

    What has no entry in `values` was hidden when they were accepted and is left out.
    """
    states = form.survey(values, variables or {}, scope)
    drawing = Drawing(language, reveal=reveal, only_stored=True, attachment_url=attachment_url)
    return ShownForm(language, drawing.draw(states, None))
