"""Addresses of the built style sheets and scripts.

`frontend/build.mjs` writes them into `static/dist` under names that carry a content hash, so that browsers may
keep them for ever; `manifest.json` beside them maps plain names to those.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask, Response, request, url_for


@dataclass
class Manifest:
    """The built files by plain name; read again whenever a build replaced them."""

    path: Path
    _read_at: int = 0
    _names: dict[str, str] = field(default_factory=dict)

    def lookup(self, name: str) -> str | None:
        """The hashed name of a built file, or nothing when it was not built."""
        try:
            changed_at = self.path.stat().st_mtime_ns
        except FileNotFoundError:
            return None
        if changed_at != self._read_at:
            self._names = json.loads(self.path.read_text(encoding="utf-8"))
            self._read_at = changed_at
        return self._names.get(name)


def register_assets(app: Flask) -> None:
    """Give templates `asset(name)`: the address of a built file, or nothing when it was not built."""
    manifest = Manifest(Path(app.static_folder or "") / "dist" / "manifest.json")

    def asset(name: str) -> str | None:
        hashed = manifest.lookup(name)
        return url_for("static", filename=f"dist/{hashed}") if hashed else None

    app.jinja_env.globals["asset"] = asset
    app.after_request(_keep_hashed_files)


def _keep_hashed_files(response: Response) -> Response:
    if request.path.startswith("/static/dist/") and response.status_code == 200:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
