"""`make bench`: every figure as one JSON line. Figures, never assertions on time."""

from __future__ import annotations

from tests.bench import dashboards, decisions, engine, evidence, feel, http, inbox, memory, rush, weight

if __name__ == "__main__":
    engine.main()
    feel.main()
    decisions.main()
    memory.main()
    http.main()
    inbox.main()
    weight.main()
    evidence.main()
    dashboards.main()
    rush.main()
