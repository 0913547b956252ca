"""Trials: a process run in memory by a script, with sample answers instead of effects; kept as tests, with coverage."""

from app.engine.trial.coverage import Coverage, coverage_of
from app.engine.trial.kept import KeptTest, Verdict, expectation_of, read_kept, run_kept, write_kept
from app.engine.trial.run import Call, Failure, Played, Report, World, play
from app.engine.trial.script import Act, Answer, Completion, Delivery, Script, ScriptInvalid, Wait

__all__ = [
    "Act",
    "Answer",
    "Call",
    "Completion",
    "Coverage",
    "Delivery",
    "Failure",
    "KeptTest",
    "Played",
    "Report",
    "Script",
    "ScriptInvalid",
    "Verdict",
    "Wait",
    "World",
    "coverage_of",
    "expectation_of",
    "play",
    "read_kept",
    "run_kept",
    "write_kept",
]
