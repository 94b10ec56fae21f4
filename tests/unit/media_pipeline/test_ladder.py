"""Which renditions a source gets, and how ffmpeg is asked for them."""

from fractions import Fraction

import pytest

from media_pipeline.rules.graph import poster_argv, probe_argv, transcode_argv
from media_pipeline.rules.ladder import frame_rate, ladder
from media_pipeline.rules.probing import Source


def source(width: int, height: int, rate: str = "25", audio: int | None = 1) -> Source:
    return Source(0, audio, width, height, Fraction(rate), 60_000)


@pytest.mark.parametrize(
    ("width", "height", "sides"),
    [
        (3840, 2160, [(1920, 1080), (1280, 720), (426, 240)]),
        (1920, 1080, [(1920, 1080), (1280, 720), (426, 240)]),
        (1280, 720, [(1280, 720), (852, 480), (426, 240)]),
        (720, 1280, [(720, 1280), (480, 852), (240, 426)]),
        (640, 480, [(640, 480), (320, 240)]),
        (480, 270, [(480, 270), (320, 180)]),
        (161, 121, [(160, 120), (106, 80)]),
        (32, 32, [(32, 32), (20, 20)]),
    ],
)
def test_the_ladder_of_a_source(width: int, height: int, sides: list[tuple[int, int]]) -> None:
    assert [(rung.width, rung.height) for rung in ladder(source(width, height))] == sides


def test_every_source_gets_two_or_three_rungs_none_larger_and_all_even() -> None:
    for width in range(32, 2000, 37):
        for height in range(32, 1200, 41):
            rungs = ladder(source(width, height))

            assert 2 <= len(rungs) <= 3
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


def test_one_decode_feeds_all_renditions_which_cut_alike() -> None:
    argv = transcode_argv("/in/source", source(640, 480), ladder(source(640, 480)))

    assert argv.count("-i") == 1
    assert argv[argv.index("-i") + 1] == "file:/in/source"
    assert [argv[at + 1] for at, part in enumerate(argv) if part == "-force_key_frames"] == [
        "expr:gte(t,n_forced*4)"
    ] * 2
    assert [argv[at + 1] for at, part in enumerate(argv) if part == "-hls_time"] == ["4", "4"]
    assert "480/index.m3u8" in argv
    assert "240/index.m3u8" in argv
    assert argv[-2:] == ["-progress", "pipe:1"]
    assert "fps=fps=25:start_time=0" in argv[argv.index("-filter_complex") + 1]


def test_a_silent_source_gets_a_silent_track() -> None:
    silent = source(640, 480, audio=None)

    argv = transcode_argv("/in/source", silent, ladder(silent))

    assert argv.count("-i") == 2
    assert "anullsrc=channel_layout=stereo:sample_rate=48000" in argv


def test_no_program_may_open_anything_but_the_file() -> None:
    for argv in (probe_argv("/in/source"), transcode_argv("/in/source", source(640, 480), ladder(source(640, 480)))):
        assert argv[argv.index("-protocol_whitelist") + 1] == "file"
        assert argv[argv.index("-format_whitelist") + 1] == "mov,matroska,avi,mpeg,mpegts,flv,asf"
        assert argv.index("-format_whitelist") < argv.index("file:/in/source")
    assert "-protocol_whitelist" in poster_argv("/in/00000.ts")
