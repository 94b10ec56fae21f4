"""The written form of a reason, as a decision keeps it, and back."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from lms.exams.rules.eligibility import Unmet

NUMBERED = frozenset({"hours_missing", "classroom_share", "full", "teacher_not_certified"})
"""Reasons whose `required`, `actual` and `missing` are numbers."""


def written(unmet: Unmet) -> dict[str, Any]:
    """Only JSON's own types: class hours as decimal strings."""
    return {name: f"{value:f}" if isinstance(value, Decimal) else value for name, value in asdict(unmet).items()}


def read(kept: dict[str, Any]) -> Unmet:
    """`written` undone. Numbers are class hours, seats or people; a moment stays the text that it is."""
    values = dict(kept)
    for name in ("required", "actual", "missing"):
        if values[name] is not None and values["code"] in NUMBERED:
            values[name] = Decimal(values[name])
    return Unmet(**values)
