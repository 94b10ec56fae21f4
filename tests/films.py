"""A film with keys and no pictures: what delivery is judged by needs no more."""

import uuid
from collections.abc import Iterable

from courses.models import Lesson, LessonKind, LessonVersion
from lms.enrollments.models import ClassLesson, ClassState, Enrollment, TrainingClass
from media_pipeline import sealing
from media_pipeline.models import Asset, AssetState, KeyWindow, Rendition
from tests.world import NOON, World

WINDOW_MS = 60_000


def make_film(windows: int, *, heights: Iterable[int] = ()) -> LessonVersion:
    """A published film of so many minutes, each under a key of its own: 16 bytes of its number.

    With `heights` it has playlists of these qualities; no file lies behind them.
    """
    duration_ms = windows * WINDOW_MS
    asset = Asset.objects.create(
        title="film",
        source_name="film.mp4",
        bytes=1,
        sha256="0" * 64,
        uploaded_at=NOON,
        woken_at=NOON,
    )
    for ordinal in range(windows):
        KeyWindow.objects.create(
            asset=asset,
            ordinal=ordinal,
            from_ms=ordinal * WINDOW_MS,
            to_ms=(ordinal + 1) * WINDOW_MS,
            sealed_key=sealing.seal(bytes([ordinal]) * 16, asset.uuid, ordinal),
        )
    for height in heights:
        segments = [[f"hls/{asset.uuid}/{height}/{number:05d}.ts", WINDOW_MS] for number in range(windows)]
        Rendition.objects.create(asset=asset, width=640, height=height, bandwidth=1, codecs="avc1", segments=segments)
    # From here on PostgreSQL keeps it as it is.
    Asset.objects.filter(pk=asset.pk).update(state=AssetState.READY, duration_ms=duration_ms, ready_at=NOON)
    return LessonVersion.objects.create(
        lesson=Lesson.objects.create(kind=LessonKind.VIDEO),
        number=1,
        title="film",
        duration_ms=duration_ms,
        sections=[{"title": "film", "from_ms": 0, "to_ms": duration_ms, "html": ""}],
        asset=asset,
        content_digest=uuid.uuid4().hex,
        published_at=NOON,
    )


def begin_class(world: World, *films: LessonVersion) -> TrainingClass:
    """Alice learns from these films too, in a class of their own: the lessons of hers are closed."""
    known = world.training_class
    begun = TrainingClass.objects.create(
        institution=known.institution,
        syllabus_version=known.syllabus_version,
        title="films",
        starts_on=known.starts_on,
        ends_on=known.ends_on,
    )
    for ordinal, film in enumerate(films, start=1):
        ClassLesson.objects.create(training_class=begun, module=world.theory, lesson_version=film, ordinal=ordinal)
    TrainingClass.objects.filter(pk=begun.pk).update(
        state=ClassState.ACCEPTED,
        reported_at=known.reported_at,
        reported_by=known.reported_by,
        decided_at=known.decided_at,
        decided_by=known.decided_by,
    )
    Enrollment.objects.create(learner=world.alice, training_class=begun, enrolled_at=NOON)
    return begun
