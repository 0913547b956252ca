"""What browsers may do with our pages; a page that shows files inside itself widens it by one line."""

from __future__ import annotations

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
WITH_FRAMES = f"{CSP}; frame-src 'self'"
