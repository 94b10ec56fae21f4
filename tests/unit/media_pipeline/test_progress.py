"""What ffmpeg says about its progress."""

from media_pipeline.rules.progress import (
    Progress,
    ProgressReader,
    seconds_left,
    storing_percent,
    transcoding_percent,
    whole_way_ms,
)


def read(text: str) -> list[Progress]:
    reader = ProgressReader()
    return [progress for line in text.splitlines() if (progress := reader.feed(line)) is not None]


def test_it_reads_blocks() -> None:
    text = "frame=1\nout_time_us=N/A\nspeed=N/A\nprogress=continue\nout_time_us=17984633\nspeed=5.99x\nprogress=end\n"

    assert read(text) == [Progress(0, None, False), Progress(17_984, 5.99, True)]


def test_it_takes_the_misnamed_field_of_old_releases() -> None:
    assert read("out_time_ms=2000000\nspeed= 1x\nprogress=continue") == [Progress(2_000, 1.0, False)]


def test_nonsense_is_no_progress() -> None:
    assert read("out_time_us=-5\nspeed=nanx\nprogress=continue") == [Progress(0, None, False)]
    assert read("\n=\nx") == []


def test_percents_only_grow_and_stay_in_their_part_of_the_bar() -> None:
    assert [transcoding_percent(position, 1000) for position in (0, 500, 1000, 5000)] == [2, 46, 90, 90]
    assert [storing_percent(done, 4) for done in (0, 2, 4)] == [90, 94, 98]
    assert transcoding_percent(10, 0) == 2


def test_the_time_left_follows_from_the_way_already_made() -> None:
    assert seconds_left(60_000, 0, 50) == 60
    assert seconds_left(60_000, 0, 75) == 20
    assert seconds_left(60_000, 60, 80) == 60
    assert seconds_left(60_000, 0, 100) == 0


def test_no_guess_is_made_too_early() -> None:
    assert seconds_left(60_000, 0, 3) is None
    assert seconds_left(60_000, 60, 60) is None
    assert seconds_left(2_999, 0, 50) is None


def test_the_three_steps_together_are_the_whole_way() -> None:
    ways = [("pictures", 0), ("pictures", 50_000), ("pictures", 100_000), ("sound", 0), ("sound", 100_000)]
    ways += [("joining", 0), ("joining", 100_000), ("joining", 900_000)]

    told = [whole_way_ms(step, position_ms, 100_000) for step, position_ms in ways]

    assert told == [0, 45_000, 90_000, 90_000, 98_000, 98_000, 100_000, 100_000]
