"""The written form of a reason, as a decision keeps it."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from lms.exams.rules.eligibility import Unmet


def written(unmet: Unmet) -> dict[str, Any]:
    """Only JSON's own types: class hours as decimal strings."""
    return {name: f"{value:f}" if isinstance(value, Decimal) else value for name, value in asdict(unmet).items()}
