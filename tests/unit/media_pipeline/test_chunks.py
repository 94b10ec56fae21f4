"""How a long lecture is split."""

from hypothesis import given
from hypothesis import strategies as st

from media_pipeline.rules.chunks import CHUNK_MS, GRID_MS, SPLIT_ABOVE_MS, ChunkPlan, Span, picture_spans, plan_chunks
from media_pipeline.rules.graph import SEGMENT_MS
from media_pipeline.rules.probing import DURATION_MS_MAX

MINUTE_MS = 60_000
durations = st.integers(1, DURATION_MS_MAX)


def test_the_grid_is_that_of_the_segments() -> None:
    assert GRID_MS == SEGMENT_MS
    assert CHUNK_MS % GRID_MS == DURATION_MS_MAX % GRID_MS == 0


def test_a_short_video_is_one_job() -> None:
    assert plan_chunks(SPLIT_ABOVE_MS, end_ms=DURATION_MS_MAX) == ()


def test_a_lecture_of_a_quarter_of_an_hour_is_three_jobs_and_one_for_the_sound() -> None:
    assert plan_chunks(15 * MINUTE_MS, end_ms=DURATION_MS_MAX) == (
        ChunkPlan(0, Span(0, DURATION_MS_MAX), 45_000),
        ChunkPlan(1, Span(0, 300_000), 300_000),
        ChunkPlan(2, Span(300_000, 600_000), 300_000),
        ChunkPlan(3, Span(600_000, DURATION_MS_MAX), 300_000),
    )


def test_eight_minutes_become_two_halves_and_no_remainder() -> None:
    spans = picture_spans(8 * MINUTE_MS, end_ms=DURATION_MS_MAX, split_above_ms=SPLIT_ABOVE_MS, chunk_ms=CHUNK_MS)

    assert spans == (Span(0, 240_000), Span(240_000, DURATION_MS_MAX))


@given(durations, st.integers(1, DURATION_MS_MAX), st.integers(1, DURATION_MS_MAX))
def test_the_spans_cover_everything_once_and_are_cut_on_the_grid(
    duration_ms: int, split_above_ms: int, chunk_ms: int
) -> None:
    spans = picture_spans(duration_ms, end_ms=DURATION_MS_MAX, split_above_ms=split_above_ms, chunk_ms=chunk_ms)

    assert spans[0].from_ms == 0
    assert [span.to_ms for span in spans[:-1]] == [span.from_ms for span in spans[1:]]
    assert spans[-1].to_ms >= DURATION_MS_MAX
    assert all(span.from_ms % GRID_MS == 0 and span.to_ms % GRID_MS == 0 for span in spans)
    assert all(span.from_ms < min(span.to_ms, duration_ms) for span in spans)


@given(durations)
def test_no_chunk_is_much_longer_than_another_or_than_wanted(duration_ms: int) -> None:
    spans = picture_spans(duration_ms, end_ms=duration_ms, split_above_ms=SPLIT_ABOVE_MS, chunk_ms=CHUNK_MS)
    lengths_ms = [span.to_ms - span.from_ms for span in spans]

    assert max(lengths_ms) - min(lengths_ms) <= GRID_MS
    assert max(lengths_ms) <= (CHUNK_MS + GRID_MS if len(spans) > 1 else SPLIT_ABOVE_MS + GRID_MS)


@given(st.integers(SPLIT_ABOVE_MS + 1, DURATION_MS_MAX))
def test_the_work_of_the_pictures_is_the_length_of_the_film(duration_ms: int) -> None:
    sound, *pictures = plan_chunks(duration_ms, end_ms=DURATION_MS_MAX)

    assert sum(one.work_ms for one in pictures) == duration_ms
    assert [one.ordinal for one in (sound, *pictures)] == list(range(len(pictures) + 1))
    assert sound.work_ms * 20 <= duration_ms
