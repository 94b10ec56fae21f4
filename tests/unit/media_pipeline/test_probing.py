"""What may come in, judged from ffprobe's report."""

from fractions import Fraction
from typing import Any

import pytest

from media_pipeline.rules.probing import Source, judge

VIDEO: dict[str, Any] = {
    "index": 0,
    "codec_type": "video",
    "codec_name": "h264",
    "width": 1280,
    "height": 720,
    "avg_frame_rate": "25/1",
    "duration": "61.5",
}
AUDIO: dict[str, Any] = {"index": 1, "codec_type": "audio", "codec_name": "aac"}
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
        (report(VIDEO, *[AUDIO] * 16), ("too_many_streams",)),
        (report({**VIDEO, "width": 8192, "height": 4320}), ("picture_too_large",)),
        (report({**VIDEO, "width": 16, "height": 16}), ("picture_too_small",)),
        (report({**VIDEO, "duration": "0.9"}), ("too_short",)),
        (report({**VIDEO, "duration": "N/A"}, duration="N/A"), ("too_short",)),
        (report({**VIDEO, "duration": "21601"}), ("too_long",)),
        (report({**VIDEO, "duration": "inf"}, duration="nan"), ("too_short",)),
        (report({**VIDEO, "duration": "-5", "width": "x"}, duration="-5"), ("picture_too_small", "too_short")),
    ],
)
def test_it_refuses_with_every_reason(facts: dict[str, Any], reasons: tuple[str, ...]) -> None:
    verdict = judge(facts)

    assert verdict.source is None
    assert verdict.reasons == reasons
