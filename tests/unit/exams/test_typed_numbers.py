"""The number of a ticket as it is typed at the door, and the digest of a candidate list."""

from uuid import UUID

import pytest

from lms.exams.rules.lists import list_digest
from lms.exams.rules.tickets import ticket_number
from lms.exams.rules.typed import first_and_last

SEAT = UUID("3f2a91c4-07be-4c11-9d3e-5a1b2c3d4e5f")


@pytest.mark.parametrize("typed", ["3F2A-91C4-07BE", "3f2a91c4", " 3f2a 91c4 07 ", SEAT.hex, str(SEAT)])
def test_a_number_finds_its_seat_however_it_is_typed(typed: str) -> None:
    first, last = first_and_last(typed)

    assert first <= SEAT <= last


def test_what_the_ticket_says_finds_no_neighbour() -> None:
    first, last = first_and_last(ticket_number(SEAT))

    assert not first <= UUID("3f2a91c4-07bf-4c11-9d3e-5a1b2c3d4e5f") <= last
    assert (first, last) == (
        UUID("3f2a91c4-07be-0000-0000-000000000000"),
        UUID("3f2a91c4-07be-ffff-ffff-ffffffffffff"),
    )


@pytest.mark.parametrize("typed", ["", "3f2a91c", "3f2a-91c", "3g2a91c4", "３f2a91c4", "%" * 8, "0" * 33])
def test_it_refuses_what_is_no_number(typed: str) -> None:
    with pytest.raises(ValueError, match="allowed: 8 to 32 hexadecimal signs"):
        first_and_last(typed)


def test_a_list_has_another_digest_when_anything_on_it_is_another() -> None:
    digests = {
        list_digest("s", [(1, "a"), (2, "b")], [("c", ["hours_missing"])]),
        list_digest("t", [(1, "a"), (2, "b")], [("c", ["hours_missing"])]),
        list_digest("s", [(1, "b"), (2, "a")], [("c", ["hours_missing"])]),
        list_digest("s", [(1, "a"), (2, "b"), (3, "c")], []),
        list_digest("s", [(1, "a"), (2, "b")], [("c", ["institution_suspended"])]),
    }

    assert len(digests) == 5
    assert list_digest("s", [(1, "a")], []) == list_digest("s", iter([(1, "a")]), iter([]))
