"""What may come in, judged from ffprobe's report."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_pipeline.rules.probing import Source, judge, nothing_decoded

VIDEO: dict[str, Any] = {
    "index": 0,
    "codec_type": "video",
    "codec_name": "h264",
    "width": 1280,
    "height": 720,
    "avg_frame_rate": "25/1",
    "duration": "61.5",
}
AUDIO: dict[str, Any] = {"index": 1, "codec_type": "audio", "codec_name": "aac", "channels": 2, "sample_rate": "48000"}
MP4 = {"format_name": "mov,mp4,m4a,3gp,3g2,mj2", "duration": "61.52"}


def report(*streams: dict[str, Any], **container: str) -> dict[str, Any]:
    return {"streams": list(streams), "format": {**MP4, **container}}


def test_it_accepts_a_common_video() -> None:
    verdict = judge(report(VIDEO, AUDIO))

    assert verdict.reasons == ()
    assert verdict.source == Source(0, 1, 1280, 720, Fraction(25), 61_500)


def test_it_accepts_a_silent_video() -> None:
    verdict = judge(report(VIDEO))

    assert verdict.source is not None
    assert verdict.source.audio_index is None


def test_sides_are_those_that_people_see() -> None:
    upright = {**VIDEO, "side_data_list": [{"side_data_type": "Display Matrix", "rotation": -90}]}
    wide_pixels = {**VIDEO, "width": 720, "height": 576, "sample_aspect_ratio": "64:45"}

    assert _sides(upright) == (720, 1280)
    assert _sides(wide_pixels) == (1024, 576)


def _sides(video: dict[str, Any]) -> tuple[int, int]:
    source = judge(report(video)).source
    assert source is not None
    return source.width, source.height


@pytest.mark.parametrize(
    ("container", "seeks"),
    [("mov,mp4,m4a,3gp,3g2,mj2", True), ("matroska,webm", True), ("mpegts", False), ("avi", False)],
)
def test_only_files_with_an_index_are_read_in_parts(container: str, seeks: bool) -> None:
    found = judge(report(VIDEO, format_name=container)).source

    assert found is not None and found.seeks is seeks


def test_the_codec_and_the_fields_are_told() -> None:
    found = judge(report({**VIDEO, "codec_name": "mpeg2video", "field_order": "tt"})).source

    assert found is not None
    assert (found.video_codec, found.is_interlaced) == ("mpeg2video", True)


COVER = {**VIDEO, "codec_name": "mjpeg", "disposition": {"attached_pic": 1}}


@pytest.mark.parametrize(
    ("facts", "reasons"),
    [
        ({}, ("not_media",)),
        ({"streams": None, "format": None}, ("not_media",)),
        (report(VIDEO, format_name="hls"), ("container_not_allowed",)),
        (report(VIDEO, format_name="concat"), ("container_not_allowed",)),
        (report(AUDIO), ("no_video",)),
        (report(AUDIO, COVER), ("no_video",)),
        (report({**VIDEO, "codec_name": "gif"}), ("video_codec_not_allowed",)),
        (report(VIDEO, {**AUDIO, "codec_name": "dts"}), ("audio_codec_not_allowed",)),
        (report(VIDEO, {**AUDIO, "channels": 64}), ("sound_unusual",)),
        (report(VIDEO, {**AUDIO, "channels": 0, "sample_rate": "0"}), ("sound_unusual",)),
        (report(VIDEO, {**AUDIO, "sample_rate": "384000"}), ("sound_unusual",)),
        (report(VIDEO, *[AUDIO] * 16), ("too_many_streams",)),
        (report({**VIDEO, "avg_frame_rate": "90000/1"}), ("too_costly",)),
        (report({**VIDEO, "width": 3840, "height": 2160, "duration": "21600"}), ("too_costly",)),
        (report({**VIDEO, "duration": "1e999999999"}, duration="1e999999999"), ("too_short",)),
        (report({**VIDEO, "codec_name": ["h264"]}), ("video_codec_not_allowed",)),
        (report({**VIDEO, "width": 8192, "height": 4320}), ("picture_too_large",)),
        (report({**VIDEO, "width": 16, "height": 16}), ("picture_too_small",)),
        (report({**VIDEO, "duration": "0.9"}), ("too_short",)),
        (report({**VIDEO, "duration": "N/A"}, duration="N/A"), ("too_short",)),
        (report({**VIDEO, "duration": "21601"}), ("too_long",)),
        (report({**VIDEO, "duration": "inf"}, duration="nan"), ("too_short",)),
        (report({**VIDEO, "duration": "-5", "width": "x"}, duration="-5"), ("damaged", "too_short")),
    ],
)
def test_it_refuses_with_every_reason(facts: dict[str, Any], reasons: tuple[str, ...]) -> None:
    verdict = judge(facts)

    assert verdict.source is None
    assert verdict.reasons == reasons


@pytest.mark.parametrize(
    ("size", "rate", "seconds"),
    [
        ((1920, 1080), "60/1", 6 * 3600),
        ((3840, 2160), "30/1", 3 * 3600),
        ((1920, 1080), "240/1", 1 * 3600),
        # A recorder that writes a picture when something changes.
        ((1920, 1080), "1000/1", 3 * 3600),
        ((1920, 1080), "0/0", 6 * 3600),
    ],
)
def test_films_that_people_make_are_not_too_costly(size: tuple[int, int], rate: str, seconds: int) -> None:
    film = {**VIDEO, "width": size[0], "height": size[1], "avg_frame_rate": rate, "duration": str(seconds)}

    assert judge(report(film, AUDIO)).reasons == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
NAMES = list({**VIDEO, **AUDIO, "side_data_list": 0, "disposition": 0, "sample_aspect_ratio": 0})


@given(st.data())
def test_whatever_the_program_says_there_is_a_verdict(data: st.DataObject) -> None:
    """It read a stranger's file, and may be the stranger's by now."""
    stream = {**VIDEO, **data.draw(st.dictionaries(st.sampled_from(NAMES), JSON, max_size=3))}
    facts = data.draw(
        st.sampled_from([report(stream, AUDIO), report(AUDIO, stream), {"format": MP4, "streams": stream}])
    )

    verdict = judge(data.draw(st.sampled_from([facts, {**facts, "format": {**MP4, "duration": data.draw(JSON)}}])))

    assert (verdict.source is None) == bool(verdict.reasons)
    assert isinstance(judge(data.draw(JSON)).reasons, tuple)


def test_a_film_without_pictures_is_told_from_a_bad_day() -> None:
    nothing = "Nothing was written into output file, because at least one of its streams received no packets."

    assert nothing_decoded(nothing)
    assert nothing_decoded("Output file is empty, nothing was encoded (check -ss / -t / -frames parameters if used)")
    assert not nothing_decoded("av_interleaved_write_frame(): No space left on device")
