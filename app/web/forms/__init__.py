"""Forms on pages: a form as data becomes a WTForms form and nodes for the macros in `_macros/fields.html`."""

from app.web.forms.bound import BoundForm, UploadRefused, build_form
from app.web.forms.nodes import Node
from app.web.forms.stored import ShownForm, show_form

__all__ = ["BoundForm", "Node", "ShownForm", "UploadRefused", "build_form", "show_form"]
