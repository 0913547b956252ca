"""What an editor of diagrams asks the engine: mistakes in a text, names to offer, extensions that got lost."""

from app.engine.authoring.expressions import Mistake, find_mistakes
from app.engine.authoring.extensions import Lost, lost_extensions
from app.engine.authoring.functions import FunctionHelp, known_functions
from app.engine.authoring.renaming import NoProcess, rename_process
from app.engine.authoring.variables import Variable, variables_of

__all__ = [
    "FunctionHelp",
    "Lost",
    "Mistake",
    "NoProcess",
    "Variable",
    "find_mistakes",
    "known_functions",
    "lost_extensions",
    "rename_process",
    "variables_of",
]
