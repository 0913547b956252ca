"""Forms: form-js schemas (schemaVersion 19) as data, and which values they accept."""

from app.engine.form.accept import Accepted, ZiCount
from app.engine.form.form import Form
from app.engine.form.model import Component, FormInvalid, Option
from app.engine.form.parse import parse_form
from app.engine.form.restriction import restrict_form
from app.engine.form.state import Row, State
from app.engine.form.words import Language, Message, Path, Text

__all__ = [
    "Accepted",
    "Component",
    "Form",
    "FormInvalid",
    "Language",
    "Message",
    "Option",
    "Path",
    "Row",
    "State",
    "Text",
    "ZiCount",
    "parse_form",
    "restrict_form",
]
