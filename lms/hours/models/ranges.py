"""A column of disjoint integer ranges (PostgreSQL's int8multirange) as a sorted list of [from, to) pairs."""

from typing import Any

from django.db import models
from psycopg.types.multirange import Int8Multirange
from psycopg.types.range import Int8Range

Spans = list[tuple[int, int]]


class MultirangeField(models.Field):
    """Python side: `[(0, 15000), (60000, 75000)]`, in milliseconds, sorted, disjoint, upper ends exclusive."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", list)
        super().__init__(*args, **kwargs)

    def db_type(self, connection: Any) -> str:
        return "int8multirange"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Spans:
        return [(r.lower, r.upper) for r in value] if value is not None else []

    def get_prep_value(self, value: Spans | None) -> Any:
        if value is None:
            return None
        return Int8Multirange(Int8Range(lower, upper) for lower, upper in value)
