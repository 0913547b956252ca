"""FEEL, the expression language of DMN 1.3 to 1.5: compiled, bounded, without side effects.

>>> compile_expression('金额 > 100 and 类型 in ("专利", "商标")').evaluate({"金额": 120, "类型": "专利"})
True
"""

from app.engine.feel.errors import FeelBudgetError, FeelError, FeelSyntaxError
from app.engine.feel.expressions import Expression, UnaryTests, compile_expression, compile_unary_tests
from app.engine.feel.hosting import format_value, to_json
from app.engine.feel.scope import Budget, FeelWarning, Scope
from app.engine.feel.temporal import (
    DaysDuration,
    FeelDate,
    FeelDateTime,
    FeelTime,
    YearsMonthsDuration,
)
from app.engine.feel.values import FeelFunction, FeelRange

__all__ = [
    "Budget",
    "DaysDuration",
    "Expression",
    "FeelBudgetError",
    "FeelDate",
    "FeelDateTime",
    "FeelError",
    "FeelFunction",
    "FeelRange",
    "FeelSyntaxError",
    "FeelTime",
    "FeelWarning",
    "Scope",
    "UnaryTests",
    "YearsMonthsDuration",
    "compile_expression",
    "compile_unary_tests",
    "format_value",
    "to_json",
]
