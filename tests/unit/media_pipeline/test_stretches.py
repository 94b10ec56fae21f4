"""Silent, frozen and black stretches, from ffmpeg's lines to what an editor is told."""

from media_pipeline.rules.stretches import BLACK, FROZEN, SILENT, Stretch, parse_marks, shifted, told

LOOKS = """frame:75   pts:75      pts_time:3
lavfi.freezedetect.freeze_start=0
frame:100  pts:100     pts_time:4
lavfi.black_start=4
frame:150  pts:150     pts_time:6
lavfi.freezedetect.freeze_duration=6
lavfi.freezedetect.freeze_end=6
frame:160  pts:160     pts_time:6.4
lavfi.black_end=6.4
frame:275  pts:275     pts_time:11
lavfi.freezedetect.freeze_start=8
"""


def test_marks_become_stretches_and_an_open_one_runs_to_the_end() -> None:
    assert parse_marks(LOOKS, ends_ms=20_000) == (
        Stretch(FROZEN, 0, 6_000),
        Stretch(BLACK, 4_000, 6_400),
        Stretch(FROZEN, 8_000, 20_000),
    )


def test_nothing_lies_outside_the_film_and_nonsense_is_passed_over() -> None:
    printed = (
        "lavfi.silence_start=-2.3e-05\nlavfi.silence_end=99\nlavfi.black_end=3\nlavfi.silence_start=.\n"
        "lavfi.black_start=1e3x\nlavfi.black_start=7\nxlavfi.silence_start=1\n"
    )

    assert parse_marks(printed, ends_ms=5_000) == (Stretch(SILENT, 0, 5_000),)


def test_a_stretch_over_the_border_of_two_chunks_is_one() -> None:
    first = [Stretch(FROZEN, 270_000, 300_000)]
    second = shifted([Stretch(FROZEN, 0, 35_000)], 300_000)

    assert told([*second, *first]) == (Stretch(FROZEN, 270_000, 335_000),)


def test_only_lasting_stretches_are_told_in_the_order_of_the_film() -> None:
    found = [
        Stretch(SILENT, 50_000, 60_000),
        Stretch(SILENT, 70_000, 79_999),
        Stretch(BLACK, 0, 2_000),
        Stretch(BLACK, 9_000, 10_999),
        Stretch(FROZEN, 20_000, 79_999),
        Stretch(FROZEN, 100_000, 160_000),
    ]

    assert told(found) == (Stretch(BLACK, 0, 2_000), Stretch(SILENT, 50_000, 60_000), Stretch(FROZEN, 100_000, 160_000))


def test_a_hostile_film_fills_no_page() -> None:
    assert len(told([Stretch(BLACK, at * 10_000, at * 10_000 + 2_000) for at in range(2_000)])) == 500
