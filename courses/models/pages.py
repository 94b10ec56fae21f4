"""The pages that editors work on, top down: catalogue > training centre > course > video lesson, or textbook > chapter.

Pages describe; evidence points at the versions frozen from them (versions.py). Parents and children are strict, so
that every lesson has exactly one place.
"""

from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index

from courses.blocks import SECTIONS_MAX, ChapterMarkBlock, SectionBlock
from courses.models.lesson_page import LessonPage
from courses.models.versions import LessonKind
from courses.rules.video import ChapterMark, chapter_faults
from media_pipeline.models import Asset, AssetState
from media_pipeline.queries import captions_of, poster_url

VIDEO_CHAPTERS_MAX = 60


class DescribedPage(Page):
    """A page that leads to others, with a few sentences about what is there."""

    intro = models.TextField(
        _("Introduction"), blank=True, max_length=1000, help_text=_("A few plain sentences; shown in lists too.")
    )

    content_panels = [*Page.content_panels, FieldPanel("intro")]
    # What goes live goes live when it is approved, not at a time that was set before.
    settings_panels: list[Any] = []
    search_fields = [*Page.search_fields, index.SearchField("intro")]

    class Meta:
        abstract = True

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Adds `parent`, the page above within the site, or None (the catalogue is the entrance)."""
        context = super().get_context(request, *args, **kwargs)
        parent = self.get_parent() if self.path else None
        context["parent"] = parent if parent is not None and not parent.is_root() else None
        return context


class CataloguePage(DescribedPage):
    """The entrance of everything to learn: the root of the site, one only."""

    template = "courses/catalogue_page.html"
    max_count = 1
    parent_page_types = ["wagtailcore.Page"]
    subpage_types = ["courses.TrainingCentrePage"]

    class Meta:
        verbose_name = _("Catalogue")
        verbose_name_plural = _("Catalogues")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        return {**context, "centres": TrainingCentrePage.objects.child_of(self).live()}


class TrainingCentrePage(DescribedPage):
    """A training centre 培训中心: the courses and textbooks for one group of people."""

    template = "courses/centre_page.html"
    parent_page_types = ["courses.CataloguePage"]
    subpage_types = ["courses.CoursePage", "courses.TextbookPage"]

    class Meta:
        verbose_name = _("Training centre")
        verbose_name_plural = _("Training centres")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        courses = _cards(CoursePage, VideoLessonPage, self, "lessons")
        return {**context, "courses": courses, "textbooks": _cards(TextbookPage, ChapterPage, self, "chapters")}


class CoursePage(DescribedPage):
    """A course: video lessons in the order in which they are meant to be seen."""

    audience = models.CharField(
        _("Audience"),
        max_length=200,
        blank=True,
        help_text=_("For whom: trade, kind of training, what to know before."),
    )

    template = "courses/course_page.html"
    parent_page_types = ["courses.TrainingCentrePage"]
    subpage_types = ["courses.VideoLessonPage"]
    content_panels = [*DescribedPage.content_panels, FieldPanel("audience")]
    search_fields = [*DescribedPage.search_fields, index.SearchField("audience")]

    class Meta:
        verbose_name = _("Course")
        verbose_name_plural = _("Courses")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        lessons = list(VideoLessonPage.objects.child_of(self).live().with_latest_version())
        return {**context, "lessons": lessons, "total_ms": sum(lesson.duration_ms or 0 for lesson in lessons)}


class TextbookPage(DescribedPage):
    """A unified textbook 统编教材: chapters in order. `approved_by` is the review committee that stands for it."""

    edition = models.CharField(_("Edition"), max_length=100, blank=True)
    approved_by = models.CharField(_("Approved by"), max_length=200, blank=True)

    template = "courses/textbook_page.html"
    parent_page_types = ["courses.TrainingCentrePage"]
    subpage_types = ["courses.ChapterPage"]
    content_panels = [
        *DescribedPage.content_panels,
        MultiFieldPanel([FieldPanel("edition"), FieldPanel("approved_by")], heading=_("Imprint")),
    ]
    search_fields = [*DescribedPage.search_fields, index.SearchField("approved_by")]

    class Meta:
        verbose_name = _("Textbook")
        verbose_name_plural = _("Textbooks")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        chapters = list(ChapterPage.objects.child_of(self).live().with_latest_version())
        return {**context, "chapters": chapters, "total_ms": sum(chapter.duration_ms or 0 for chapter in chapters)}


class VideoLessonPage(LessonPage):
    """A lesson that is watched. Its length is what the media pipeline measured, never what the file claims."""

    kind = LessonKind.VIDEO
    frozen_fields = ("asset", "chapters")

    asset = models.ForeignKey(
        Asset,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("Video"),
        help_text=_("The lesson can be published as soon as the video is ready."),
    )
    chapters = StreamField(
        [("chapter", ChapterMarkBlock())],
        verbose_name=_("Chapters"),
        blank=True,
        max_num=VIDEO_CHAPTERS_MAX,
        help_text=_("Optional: where the parts of the video begin, in order."),
    )

    template = "courses/video_lesson_page.html"
    parent_page_types = ["courses.CoursePage"]
    content_panels = [*LessonPage.content_panels, FieldPanel("asset"), FieldPanel("chapters")]

    class Meta:
        verbose_name = _("Video lesson")
        verbose_name_plural = _("Video lessons")

    def chapter_marks(self) -> list[ChapterMark]:
        blocks = self.chapters or []
        return [ChapterMark(block.value["title"], int(block.value["starts_at_s"])) for block in blocks]

    def publishing_faults(self) -> dict[str, Any]:
        asset = self.asset
        if asset is None:
            return {"asset": _now("Choose a video.")}
        if asset.state != AssetState.READY or asset.duration_ms is None:
            message = _now("This video is not ready (%(state)s). Save a draft and publish when it is.")
            return {"asset": message % {"state": asset.get_state_display()}}
        for fault in chapter_faults(self.chapter_marks(), duration_ms=asset.duration_ms):
            values = {"number": fault.index + 1, "given": fault.starts_at_s, "allowed": fault.allowed_s}
            if fault.code == "not_ascending":
                message = _now("Chapter %(number)s begins at second %(given)s; it must be %(allowed)s or later.")
            else:
                message = _now("Chapter %(number)s begins at second %(given)s; the video allows up to %(allowed)s.")
            return {"chapters": message % values}
        return {}

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        version = context["version"]
        is_preview = getattr(request, "is_preview", False)
        return {
            **context,
            "poster": poster_url(version.asset) if version and version.asset else None,
            "captions": captions_of(self.asset) if is_preview and self.asset else (),
        }

    def get_preview_template(self, request: HttpRequest, mode_name: str) -> str:
        return "courses/preview_video.html"


class ChapterPage(LessonPage):
    """A lesson that is read: sections with headings. Each section is a stretch of the time line (rules.reading)."""

    kind = LessonKind.READING
    frozen_fields = ("body",)

    body = StreamField(
        [("section", SectionBlock())],
        verbose_name=_("Sections"),
        min_num=1,
        max_num=SECTIONS_MAX,
        help_text=_("One thought a section. Its length decides how much reading time it can earn."),
    )

    template = "courses/chapter_page.html"
    parent_page_types = ["courses.TextbookPage"]
    content_panels = [*LessonPage.content_panels, FieldPanel("body")]
    search_fields = [*LessonPage.search_fields, index.SearchField("body")]

    class Meta:
        verbose_name = _("Chapter")
        verbose_name_plural = _("Chapters")

    def publishing_faults(self) -> dict[str, Any]:
        if not self.body:
            return {"body": _now("A chapter needs at least one section.")}
        for number, section in enumerate(self.body, start=1):
            if not section.value["content"]:
                return {"body": _now("Section %(number)s is empty.") % {"number": number}}
        return {}

    def get_preview_template(self, request: HttpRequest, mode_name: str) -> str:
        return "courses/preview_chapter.html"


def _cards(shelf_model: Any, lesson_model: Any, centre: Page, counted: str) -> list[dict[str, Any]]:
    """The live courses or textbooks of a centre, each with the number and the length of its lessons. Two reads."""
    shelves = shelf_model.objects.child_of(centre).live()
    below: dict[str, list[int]] = {}
    for lesson in lesson_model.objects.descendant_of(centre).live().with_latest_version():
        below.setdefault(lesson.path[: -Page.steplen], []).append(lesson.duration_ms or 0)
    return [
        {
            "title": shelf.title,
            "url": shelf.url,
            "intro": shelf.intro,
            counted: len(below.get(shelf.path, [])),
            "duration_ms": sum(below.get(shelf.path, [])),
        }
        for shelf in shelves
    ]
