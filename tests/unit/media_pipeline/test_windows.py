"""Key windows, playlists and encryption."""

import subprocess
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_pipeline.rules import playlists, windows
from media_pipeline.rules.encryption import encrypt_segment, sequence_iv
from media_pipeline.rules.windows import Window


def test_a_window_holds_fifteen_segments_and_the_last_one_the_rest() -> None:
    found = windows.windows([4_000] * 32)

    assert found == (Window(0, 0, 60_000), Window(1, 60_000, 120_000), Window(2, 120_000, 128_000))


def test_rounding_does_not_drift() -> None:
    durations_ms = windows.whole_durations_ms([4.0004] * 1000)

    assert sum(durations_ms) == 4_000_400


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=200))
def test_windows_cover_the_media_without_hole_or_overlap(durations_ms: list[int]) -> None:
    found = windows.windows(durations_ms)

    assert found[0].from_ms == 0
    assert found[-1].to_ms == sum(durations_ms)
    assert all(one.to_ms == two.from_ms for one, two in pairwise(found))
    ordinals = playlists.windows_of_segments(durations_ms, found)
    assert ordinals == tuple(number // 15 for number in range(len(durations_ms)))


@pytest.mark.parametrize(("position_ms", "ordinal"), [(0, 0), (59_999, 0), (60_000, 1), (64_000, 1)])
def test_the_window_of_a_position(position_ms: int, ordinal: int) -> None:
    found = windows.window_of(windows.windows([4_000] * 16), position_ms)

    assert found is not None
    assert found.ordinal == ordinal


def test_there_is_no_window_outside_the_media() -> None:
    found = windows.windows([4_000] * 16)

    assert windows.window_of(found, 64_001) is None
    assert windows.window_of(found, -1) is None


def test_it_refuses_renditions_that_are_cut_differently() -> None:
    windows.check_same_cuts([(4_000, 1_000), (4_010, 1_400)])

    with pytest.raises(windows.SegmentsDiffer):
        windows.check_same_cuts([(4_000, 1_000), (5_000, 1_000)])
    with pytest.raises(windows.SegmentsDiffer):
        windows.check_same_cuts([(4_000,), (4_000, 1_000)])


def test_the_media_playlist_names_one_key_per_window() -> None:
    text = playlists.media_playlist(
        [("a.ts", 4_004), ("b.ts", 4_004), ("c.ts", 1_001)],
        [Window(0, 0, 8_008), Window(1, 8_008, 9_009)],
        segment_url="/media/{}".format,
        key_url="/keys/{}".format,
    )

    assert text.splitlines() == [
        "#EXTM3U",
        "#EXT-X-VERSION:3",
        "#EXT-X-TARGETDURATION:5",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        '#EXT-X-KEY:METHOD=AES-128,URI="/keys/0"',
        "#EXTINF:4.004,",
        "/media/a.ts",
        "#EXTINF:4.004,",
        "/media/b.ts",
        '#EXT-X-KEY:METHOD=AES-128,URI="/keys/1"',
        "#EXTINF:1.001,",
        "/media/c.ts",
        "#EXT-X-ENDLIST",
    ]


def test_it_refuses_a_window_that_begins_inside_a_segment() -> None:
    with pytest.raises(playlists.PlaylistBroken):
        playlists.media_playlist(
            [("a.ts", 4_000)], [Window(0, 0, 2_000), Window(1, 2_000, 4_000)], segment_url=str, key_url=str
        )


def test_the_master_playlist_begins_with_the_cheapest() -> None:
    text = playlists.master_playlist(
        [
            playlists.Variant("hi", 1280, 720, 1_700_000, "avc1.4d401f,mp4a.40.2"),
            playlists.Variant("lo", 426, 240, 350_000, "avc1.4d400d,mp4a.40.2"),
        ]
    )

    assert text.splitlines()[3:] == [
        '#EXT-X-STREAM-INF:BANDWIDTH=350000,RESOLUTION=426x240,CODECS="avc1.4d400d,mp4a.40.2"',
        "lo",
        '#EXT-X-STREAM-INF:BANDWIDTH=1700000,RESOLUTION=1280x720,CODECS="avc1.4d401f,mp4a.40.2"',
        "hi",
    ]


def test_it_reads_ffmpegs_playlist_and_refuses_an_unfinished_one() -> None:
    text = "#EXTM3U\n#EXTINF:4.004000,\n00000.ts\n#EXTINF:1.5,\n00001.ts\n"

    assert playlists.parse_segments(text + "#EXT-X-ENDLIST\n") == (("00000.ts", 4.004), ("00001.ts", 1.5))
    with pytest.raises(playlists.PlaylistBroken):
        playlists.parse_segments(text)


@pytest.mark.parametrize("file", ["/etc/passwd", "../00000.ts", "other/00000.ts", "..", "http://127.0.0.1/a.ts"])
def test_a_playlist_that_names_other_files_is_broken(file: str) -> None:
    with pytest.raises(playlists.PlaylistBroken):
        playlists.parse_segments(f"#EXTM3U\n#EXTINF:4,\n{file}\n#EXT-X-ENDLIST\n")


@pytest.mark.parametrize("content", [b"", b"x" * 15, b"x" * 16, b"G" * 188 * 7])
def test_another_implementation_decrypts_a_segment(content: bytes) -> None:
    key = bytes(range(16))

    sealed = encrypt_segment(content, key=key, sequence=258)

    command = ["openssl", "enc", "-d", "-aes-128-cbc", "-K", key.hex(), "-iv", sequence_iv(258).hex()]
    assert subprocess.run(command, input=sealed, capture_output=True, check=True).stdout == content
    assert sequence_iv(258) == bytes(14) + b"\x01\x02"


def test_it_refuses_a_key_of_another_length() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        encrypt_segment(b"x", key=bytes(32), sequence=0)
