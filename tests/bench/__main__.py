"""`make bench`: every figure as one JSON line. Figures, never assertions on time."""

from __future__ import annotations

from tests.bench import engine, http, inbox

if __name__ == "__main__":
    engine.main()
    http.main()
    inbox.main()
