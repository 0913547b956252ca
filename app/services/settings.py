"""The part of the configuration that use cases need; the entry points fill it in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """What the entry point knows about the installation."""

    files_dir: Path
    secret: str
    content_dir: Path = Path()
    demo: bool = False
    site: str = ""  # address of the public pages, printed as a QR code
    fonts_dir: Path | None = None
