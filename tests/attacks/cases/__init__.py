"""The attacks, a module a family; importing this package registers them all."""

from tests.attacks.cases import (
    claims,
    clocks,
    concurrency,
    days,
    life_cycle,
    media,
    positions,
    presence,
    protocol,
    subjects,
)

FAMILIES = (claims, clocks, positions, concurrency, protocol, life_cycle, days, subjects, presence, media)
