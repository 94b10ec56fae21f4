"""Publication freezes: the title, the measured length and the content of a lesson page become a `LessonVersion`.

Nothing is appended when nothing changed (same digest as the latest version), so publishing again is harmless. What
was frozen depends on no page, block, template or image afterwards; PostgreSQL refuses to change it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from wagtail.log_actions import get_active_log_context
from wagtail.whitelist import Whitelister, allow_without_attributes, attribute_rule

from courses.actions.kept_pictures import keep_picture
from courses.models import ChapterPage, Lesson, LessonPage, LessonVersion, NotPublishable, VideoLessonPage
from courses.rules.digest import content_digest
from courses.rules.reading import SectionContent, Span, plain_text, reading_timeline
from courses.rules.video import video_timeline
from media_pipeline.models import Asset
from media_pipeline.signals import acted

# Who publishes and when, for publications that actions make: Wagtail's signal has no room for them.
_publication: ContextVar[tuple[Any, datetime] | None] = ContextVar("publication", default=None)


# Whatever a block, an import or an old editor let through: only this is kept, and no script.
_ELEMENTS = {
    **dict.fromkeys(
        ["[document]", "br", "b", "strong", "i", "em", "ol", "ul", "li", "sup", "sub"], allow_without_attributes
    ),
    **dict.fromkeys(["figcaption", "table", "caption", "thead", "tbody", "tr"], allow_without_attributes),
    **dict.fromkeys(["p", "figure", "td"], attribute_rule({"class": True})),
    "div": attribute_rule({"class": True, "role": True, "tabindex": True, "aria-label": True}),
    "img": attribute_rule({"src": True, "alt": True, "width": True, "height": True}),
    "th": attribute_rule({"scope": True}),
}


def freeze_version(*, by: Any, at: datetime, page: LessonPage) -> LessonVersion:
    """The version of what `page` holds now: the latest one if that is the same, else a new one.

    Raises NotPublishable, keyed by field, when there is nothing to freeze (a video that is not ready, no sections).
    """
    if faults := page.publishing_faults():
        raise NotPublishable(faults)
    sections, duration_ms, asset = _content(page, keep_picture)
    digest = content_digest(
        kind=page.kind,
        title=page.title,
        duration_ms=duration_ms,
        sections=sections,
        asset=str(asset.uuid) if asset else None,
    )
    with transaction.atomic():
        # Two publications at once would otherwise take the same number.
        lesson = Lesson.objects.select_for_update().get(pk=page.lesson_id)
        latest = LessonVersion.objects.filter(lesson=lesson).order_by("-number").first()
        if latest is not None and latest.content_digest == digest:
            return latest
        version = LessonVersion.objects.create(
            lesson=lesson,
            number=latest.number + 1 if latest else 1,
            title=page.title,
            duration_ms=duration_ms,
            sections=sections,
            asset=asset,
            content_digest=digest,
            published_at=at,
            published_by=by,
        )
        detail = {"number": version.number, "duration_ms": duration_ms, "digest": digest}
        acted.send(sender=LessonVersion, verb="lesson.version_frozen", subject=lesson, by=by, at=at, detail=detail)
    return version


def freeze_on_publication(sender: type, *, instance: LessonPage, revision: Any = None, **kwargs: Any) -> None:
    """Receiver of Wagtail's `page_published`; other pages than lessons have nothing to freeze."""
    if isinstance(instance, LessonPage):
        by, at = _publication.get() or (_publisher(revision), timezone.now())
        freeze_version(by=by, at=at, page=instance)


@contextmanager
def publication(*, by: Any, at: datetime) -> Iterator[None]:
    """Versions frozen inside carry this person and this moment."""
    token = _publication.set((by, at))
    try:
        yield
    finally:
        _publication.reset(token)


def _publisher(revision: Any) -> Any:
    """Who pressed the button, in the content administration; else who wrote the revision (a scheduled job)."""
    return get_active_log_context().user or getattr(revision, "user", None)


@dataclass(frozen=True)
class Measured:
    """What a draft would be frozen as: the same sections and length, with the pictures where they are now."""

    title: str
    sections: tuple[dict[str, Any], ...]
    duration_ms: int
    asset: Asset | None


def measured_draft(page: LessonPage) -> Measured | None:
    """For whoever judges a draft before it is published. Writes nothing; None while nothing could be frozen."""
    if page.publishing_faults():
        return None
    sections, duration_ms, asset = _content(page, None)
    return Measured(page.title, tuple(sections), duration_ms, asset)


def _content(page: LessonPage, keep: Callable[..., str] | None) -> tuple[list[dict[str, Any]], int, Asset | None]:
    """(sections, duration in ms, asset) of a page that has no publishing faults; `keep` copies its pictures."""
    if isinstance(page, VideoLessonPage):
        asset = page.asset
        assert asset is not None and asset.duration_ms is not None
        spans = video_timeline(page.title, page.chapter_marks(), duration_ms=asset.duration_ms)
        return [_section(span, "") for span in spans], asset.duration_ms, asset
    assert isinstance(page, ChapterPage)
    # The words of templates (the signal word of a warning) in the installation's language, whoever publishes.
    with translation.override(settings.LANGUAGE_CODE):
        html = [clean_html(section.render({"keep_picture": keep})) for section in page.body]
    spans = reading_timeline([_measured(section.value, part) for section, part in zip(page.body, html, strict=True)])
    return [_section(*pair) for pair in zip(spans, html, strict=True)], spans[-1].to_ms, None


def clean_html(html: str) -> str:
    """`html` with nothing but what blocks render: no scripts, links, forms or event handlers."""
    cleaner = Whitelister()
    cleaner.element_rules = _ELEMENTS
    return str(cleaner.clean(html)).strip()


def _section(span: Span, html: str) -> dict[str, Any]:
    return {"title": span.title, "from_ms": span.from_ms, "to_ms": span.to_ms, "html": html}


def _measured(section: Any, html: str) -> SectionContent:
    """What there is to read in a section: the words of what was rendered, and the counts of its blocks."""
    blocks = list(section["content"])
    tables = [block.value for block in blocks if block.block_type == "table"]
    return SectionContent(
        title=section["heading"],
        text=f"{section['heading']} {plain_text(html)}",
        pictures=sum(block.block_type == "picture" for block in blocks),
        table_cells=sum(len(table.columns) * len(table.row_data) for table in tables),
        warnings=sum(block.block_type == "warning" for block in blocks),
    )
