"""Which renditions a source gets."""

from fractions import Fraction

import pytest

from media_pipeline.rules.ladder import FRAME_RATES, frame_rate, ladder, segment_frames
from media_pipeline.rules.probing import Source


def source(width: int, height: int, rate: str = "25", audio: int | None = 1) -> Source:
    return Source(0, audio, width, height, Fraction(rate), 60_000)


@pytest.mark.parametrize(
    ("width", "height", "sides"),
    [
        (3840, 2160, [(1920, 1080), (1280, 720), (852, 480), (640, 360)]),
        (1920, 1080, [(1920, 1080), (1280, 720), (852, 480), (640, 360)]),
        (1280, 720, [(1280, 720), (852, 480), (640, 360)]),
        (720, 1280, [(720, 1280), (480, 852), (360, 640)]),
        (640, 480, [(640, 480), (480, 360)]),
        (640, 360, [(640, 360)]),
        (480, 270, [(480, 270)]),
        (161, 121, [(160, 120)]),
        (32, 32, [(32, 32)]),
    ],
)
def test_the_ladder_of_a_source(width: int, height: int, sides: list[tuple[int, int]]) -> None:
    assert [(rung.width, rung.height) for rung in ladder(source(width, height))] == sides


def test_every_source_gets_one_to_four_rungs_none_larger_and_all_even() -> None:
    for width in range(32, 2000, 37):
        for height in range(32, 1200, 41):
            rungs = ladder(source(width, height))

            assert 1 <= len(rungs) <= 4
            assert len({rung.name for rung in rungs}) == len(rungs)
            for rung in rungs:
                assert rung.width <= width and rung.height <= height
                assert rung.width % 2 == 0 and rung.height % 2 == 0


@pytest.mark.parametrize(
    ("given", "used"),
    [("25", "25"), ("30000/1001", "30000/1001"), ("60", "30"), ("50", "25"), ("120", "30"), ("1", "10"), ("0", "10")],
)
def test_the_frame_rate_is_constant_and_moderate(given: str, used: str) -> None:
    assert frame_rate(source(640, 480, given)) == Fraction(used)


@pytest.mark.parametrize("rate", FRAME_RATES)
def test_a_segment_is_about_four_seconds_of_whole_frames(rate: Fraction) -> None:
    frames = segment_frames(rate, 4_000)

    assert abs(frames / rate - 4) <= Fraction(4, 1000)
    assert frames / rate * 1000 == int(frames / rate * 1000)
