"""How ffmpeg is asked, without running it."""

from fractions import Fraction

import pytest

from media_pipeline.rules import graph
from media_pipeline.rules.chunks import Span
from media_pipeline.rules.ladder import ladder
from media_pipeline.rules.loudness import Mastering
from media_pipeline.rules.probing import Source
from media_pipeline.rules.sprites import sprites_of


def source(rate: str = "25", *, is_interlaced: bool = False) -> Source:
    return Source(0, 1, 640, 480, Fraction(rate), 60_000, is_interlaced=is_interlaced)


def pictures(span: Span | None = None, rate: str = "25", *, is_interlaced: bool = False) -> list[str]:
    film = source(rate, is_interlaced=is_interlaced)
    return graph.pictures_argv("/in/source", film, ladder(film), span)


def after(argv: list[str], option: str) -> list[str]:
    """What follows each occurrence of an option."""
    return [argv[place + 1] for place, part in enumerate(argv) if part == option]


def test_one_decode_feeds_all_renditions_which_cut_alike() -> None:
    argv = pictures()

    assert after(argv, "-i") == ["file:/in/source"]
    assert after(argv, "-force_key_frames") == ["expr:not(mod(n,100))"] * 2
    assert after(argv, "-g") == ["100", "100"]
    assert "480.mp4" in argv and "360.mp4" in argv
    assert argv[-2:] == ["-progress", "pipe:1"]
    assert "fps=fps=25:start_time=0" in after(argv, "-filter_complex")[0]
    assert "-ss" not in argv


def test_pictures_are_looked_at_once_and_in_the_smallest_rendition() -> None:
    (drawn,) = after(pictures(), "-filter_complex")

    assert drawn.count("freezedetect") == drawn.count("blackdetect") == 1
    looked_at = next(part for part in drawn.split(";") if "freezedetect" in part)
    branch = looked_at[: looked_at.index("]") + 1]
    chain = {part[part.rindex("[") :]: part for part in drawn.split(";")}
    assert "scale=480:360" in chain[chain[branch][: chain[branch].index("]") + 1]]


@pytest.mark.parametrize(
    ("span", "rate", "seek", "begins", "frames"),
    [
        (Span(0, 20_000), "25", [], "0.000000", "500"),
        (Span(4_000, 20_000), "25", [], "4.000000", "400"),
        (Span(20_000, 40_000), "25", ["16.000000"], "4.000000", "500"),
        (Span(20_000, 40_000), "30000/1001", ["16.016000"], "4.004000", "600"),
        (Span(20_000, 40_000), "24000/1001", ["16.016000"], "4.004000", "480"),
        (Span(40_000, 60_000), "25", ["36.000000"], "4.000000", None),
        (Span(40_000, 64_000), "25", ["36.000000"], "4.000000", None),
    ],
)
def test_a_span_is_cut_by_frames_and_the_last_one_runs_to_the_end(
    span: Span, rate: str, seek: list[str], begins: str, frames: str | None
) -> None:
    argv = pictures(span, rate)

    (drawn,) = after(argv, "-filter_complex")
    assert after(argv, "-ss") == seek
    assert ("-noaccurate_seek" in argv) == bool(seek)
    assert f"start_time={begins}" in drawn
    assert (f"trim=end_frame={frames}" in drawn) if frames else ("trim" not in drawn)


def test_only_interlaced_pictures_are_put_together_from_fields() -> None:
    assert "yadif=deint=interlaced" in after(pictures(is_interlaced=True), "-filter_complex")[0]
    assert "yadif" not in after(pictures(), "-filter_complex")[0]


def test_sound_is_made_louder_by_one_gain_and_limited_only_where_it_must_be() -> None:
    (free,) = after(graph.sound_argv("/in/source", source(), Mastering(3.5, False)), "-filter_complex")
    (limited,) = after(graph.sound_argv("/in/source", source(), Mastering(12, True)), "-filter_complex")

    assert "volume=3.50dB" in free and "alimiter" not in free
    assert "volume=12.00dB" in limited
    assert "aresample=192000" in limited and "limit=0.841395" in limited


def test_the_join_copies_and_cuts_at_every_keyframe() -> None:
    argv = graph.join_argv("parts.txt", "480", 61_040)

    assert after(argv, "-c") == ["copy"]
    assert after(argv, "-hls_time") == ["1"]
    assert after(argv, "-t") == ["61.040000"]
    assert after(argv, "-itsoffset") == ["-0.021333"]
    assert "-filter_complex" not in argv


def test_parts_are_laid_end_to_end_by_their_frames() -> None:
    text = graph.join_list([("parts/0000/480.mp4", 96), ("parts/0001/480.mp4", 48)], Fraction(24_000, 1001))

    assert text.splitlines() == [
        "ffconcat version 1.0",
        "file parts/0000/480.mp4",
        "duration 4.004000",
        "file parts/0001/480.mp4",
        "duration 2.002000",
    ]


def test_sprites_come_from_keyframes_alone() -> None:
    argv = graph.sprites_argv("parts.txt", sprites_of(1_400, 4_000, 640, 360))

    (drawn,) = after(argv, "-filter_complex")
    assert after(argv, "-skip_frame") == ["nokey"]
    assert argv.index("-skip_frame") < argv.index("parts.txt")
    assert "mod(n\\\\,3)" in drawn or "mod(n\\,3)" in drawn
    assert "tile=10x10" in drawn


def test_no_program_may_open_anything_but_the_file() -> None:
    film = source()
    for argv in (
        graph.probe_argv("/in/source"),
        pictures(),
        pictures(Span(8_000, 12_000)),
        graph.loudness_argv("/in/source", film),
        graph.sound_argv("/in/source", film, Mastering(0, False)),
    ):
        assert after(argv, "-protocol_whitelist") == ["file"]
        assert after(argv, "-format_whitelist") == ["mov,matroska,avi,mpeg,mpegts,flv,asf"]
        assert argv.index("-format_whitelist") < argv.index("file:/in/source")


def test_our_own_files_are_read_as_what_they_are() -> None:
    assert after(graph.join_argv("parts.txt", "480", 1), "-format_whitelist") == ["concat,mov", "aac"]
    assert after(graph.poster_argv("/in/0.ts"), "-format_whitelist") == ["mpegts"]
    assert after(graph.count_argv("480.mp4"), "-format_whitelist") == ["mov"]
    for argv in (graph.join_argv("parts.txt", "480", 1), graph.poster_argv("/in/0.ts"), graph.count_argv("480.mp4")):
        assert set(after(argv, "-protocol_whitelist")) == {"file"}
