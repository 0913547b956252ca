"""Entry point for any WSGI server and for `flask --app wsgi`."""

from __future__ import annotations

import gc
from typing import Any

import click
from flask.cli import FlaskGroup
from werkzeug.utils import import_string

# Flask asks for the application twice: inside its outermost command to find one of our verbs, which needs no pages,
# and inside a command of its own such as `routes` or `shell`, which does. A server asks outside of any, or inside a
# command of its own: granian's.
_command = click.get_current_context(silent=True)
_is_verb = _command is not None and _command.parent is None and isinstance(_command.command, FlaskGroup)
app: Any = import_string("app.shell:create_shell" if _is_verb else "app.serving:create_served")()
# What exists now stays for ever: the collector need not look at it again in the middle of somebody's request.
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 10, 10)
