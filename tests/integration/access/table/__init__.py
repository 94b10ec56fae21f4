"""The access table: one file for each area.

A new route needs a row in the `ROWS` of its area: the answers to GET and to POST, as rows.py reads them. A new area is
a file here and a word in `AREAS`; what its addresses name, it puts into `world.given` in a function `furnish(world)`,
under the name of the argument. A failing test shows the answers beside the words of the table: judge before you copy.
"""

from tests.integration.access.rows import Row
from tests.integration.access.table import (
    accounts,
    api,
    attendance,
    classes,
    content,
    dashboards,
    desk,
    documents,
    doors,
    exams,
    exchange,
    hours,
    institutions,
    offices,
    publishing,
    syllabi,
    teachers,
    years,
)
from tests.integration.access.world import AccessWorld

AREAS = (
    accounts,
    api,
    attendance,
    classes,
    content,
    dashboards,
    desk,
    documents,
    doors,
    exams,
    exchange,
    hours,
    institutions,
    offices,
    publishing,
    syllabi,
    teachers,
    years,
)


def whole_table() -> dict[str, Row]:
    """Every row by its route. Raises ValueError when two areas have a row for one route."""
    table: dict[str, Row] = {}
    for area in AREAS:
        if twice := table.keys() & area.ROWS.keys():
            raise ValueError(f"{area.__name__}: {sorted(twice)} have a row already")
        table |= area.ROWS
    return table


def furnish(world: AccessWorld) -> None:
    for area in AREAS:
        if hasattr(area, "furnish"):
            area.furnish(world)
