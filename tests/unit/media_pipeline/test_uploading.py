"""The life of an upload in parts, and what it is refused for."""

import pytest

from media_pipeline.rules import uploading

GIB = 1024**3


def test_the_states_lead_from_the_first_byte_to_one_end() -> None:
    uploading.check_transition("receiving", "checking")
    uploading.check_transition("checking", "done")
    uploading.check_transition("checking", "spoiled")

    for refused in (("receiving", "done"), ("checking", "expired"), ("expired", "receiving"), ("done", "spoiled")):
        with pytest.raises(uploading.UploadTransitionRefused):
            uploading.check_transition(*refused)
    assert uploading.TRANSITIONS.keys() == set(uploading.STATES)


@pytest.mark.parametrize(
    ("total", "unfinished", "free", "reasons"),
    [
        (10 * GIB, 0, 12 * GIB, ()),
        (10 * GIB, 0, 12 * GIB - 1, ("no_space",)),
        (10 * GIB + 1, 0, 100 * GIB, ("too_large",)),
        (1, 4, 3 * GIB, ()),
        (1, 5, 3 * GIB, ("too_many",)),
        (0, 0, 3 * GIB, ("empty",)),
        (1, 5, -GIB, ("too_many", "no_space")),
    ],
)
def test_an_upload_is_begun_when_nothing_speaks_against_it(
    total: int, unfinished: int, free: int, reasons: tuple[str, ...]
) -> None:
    found = uploading.why_not_begin(
        bytes_total=total,
        bytes_max=10 * GIB,
        unfinished=unfinished,
        unfinished_max=5,
        bytes_free=free,
        bytes_kept_free=2 * GIB,
    )

    assert found == reasons


def test_a_part_has_what_is_missing_and_no_more_than_a_request_may_bring() -> None:
    assert uploading.room_for_part(received=0, bytes_total=100, part_bytes_max=16) == 16
    assert uploading.room_for_part(received=90, bytes_total=100, part_bytes_max=16) == 10
    assert uploading.room_for_part(received=100, bytes_total=100, part_bytes_max=16) == 0


def test_100_percent_is_said_of_everything_only() -> None:
    assert [uploading.percent_of(done, 1000) for done in (0, 9, 10, 999, 1000)] == [0, 0, 1, 99, 100]
