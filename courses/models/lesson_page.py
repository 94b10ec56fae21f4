"""What a video lesson page and a chapter page share: one lasting `Lesson`, and the conditions for going live.

A page is what editors work on; the `Lesson` is its identity, made on the first save, never copied, never taken
from an old revision. A page that cannot be frozen into a version cannot go live: the form says why, and `save`
refuses whoever comes without a form.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.admin.panels import FieldPanel
from wagtail.images.permissions import permission_policy as image_policy
from wagtail.models import Page
from wagtail.search import index

from courses.blocks import pictures_in
from courses.models.listing import LessonPageManager
from courses.models.versions import Lesson, LessonVersion
from courses.signals import study_asked
from media_pipeline.queries import assets_for


class NotPublishable(ValidationError):
    """A lesson page was about to go live although no version can be frozen from it. Keyed by field."""


class LessonPageForm(WagtailAdminPageForm):
    """Refuses publishing and submitting, not drafts: a draft may wait for its video."""

    def clean(self) -> dict[str, Any] | None:
        """PermissionDenied, not an error beside the field, for media of others: the form again would show them."""
        cleaned = super().clean()
        if self.for_user is not None and self._borrows():
            raise PermissionDenied("pictures and videos of others")
        if not self.is_deferred_validation and not self.errors:
            for field, message in self.publishing_faults(cleaned).items():
                self.add_error(field, message)
        return cleaned

    def _borrows(self) -> bool:
        """Whether a video or picture came in that this editor may not choose; what the page has already may stay.

        As it was sent: what is wrong elsewhere in a field would keep it out of the cleaned data, but not out of the
        form that is shown again.
        """
        asset, body = self._sent("asset"), self._sent("body")
        new_assets = {int(asset)} - {self.instance.asset_id} if asset and str(asset).isdecimal() else set()
        new_pictures = pictures_in(body) - pictures_in(getattr(self.instance, "body", None))
        own_pictures = image_policy.instances_user_has_any_permission_for(self.for_user, ["choose", "change"])
        return _lacks(assets_for(self.for_user), new_assets) or _lacks(own_pictures, new_pictures)

    def _sent(self, name: str) -> Any:
        field = self.fields.get(name)
        return field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name)) if field else None

    def publishing_faults(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        draft = self.instance.__class__(title=cleaned.get("title", ""))
        for name in self.instance.frozen_fields:
            setattr(draft, name, cleaned.get(name))
        return draft.publishing_faults()


class LessonPage(Page):
    """A page whose publication freezes a version. The catalogue shows what it is about, never its content."""

    kind: str
    #: The fields beside the title from which a version is frozen.
    frozen_fields: tuple[str, ...] = ()

    lesson = models.OneToOneField(Lesson, on_delete=models.PROTECT, related_name="%(class)s", editable=False)
    intro = models.TextField(
        _("Introduction"), blank=True, max_length=1000, help_text=_("A few plain sentences: what one can do after it.")
    )

    objects = LessonPageManager()

    base_form_class = LessonPageForm
    subpage_types: list[str] = []
    exclude_fields_in_copy = ["lesson"]
    # No scheduled publishing: a version is frozen when somebody publishes, so that the form can say no.
    settings_panels: list[Any] = []
    content_panels = [*Page.content_panels, FieldPanel("intro")]
    search_fields = [*Page.search_fields, index.SearchField("intro")]

    class Meta:
        abstract = True

    def publishing_faults(self) -> dict[str, Any]:
        """Why no version can be frozen from these fields: {field: message}; empty if one can."""
        raise NotImplementedError

    def save(self, *args: Any, **kwargs: Any) -> None:
        # Partial saves keep tree and draft bookkeeping; only a whole save can bring content live.
        if self.live and kwargs.get("update_fields") is None and (faults := self.publishing_faults()):
            raise NotPublishable(faults)
        with transaction.atomic():
            if self.lesson_id is None:
                self.lesson = Lesson.objects.create(kind=self.kind)
            super().save(*args, **kwargs)

    def with_content_json(self, content: dict[str, Any]) -> "LessonPage":
        # A copied page brings revisions along that still name the original's lesson.
        page = super().with_content_json({**content, "lesson": self.lesson_id})
        page.lesson_id = self.lesson_id
        return page

    @property
    def latest_version(self) -> LessonVersion | None:
        return LessonVersion.objects.filter(lesson_id=self.lesson_id).order_by("-number").first()

    @property
    def study_url(self) -> str:
        return study_url(self.lesson.uuid)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Adds `parent`, `version` and `duration_ms` (None before the first publication), `sections` (titles and
        lengths only) and `study_url` (None for whoever cannot study it now)."""
        context = super().get_context(request, *args, **kwargs)
        # An unsaved page in the preview has no lesson and no place yet.
        version = self.latest_version if self.lesson_id else None
        return {
            **context,
            "parent": self.get_parent() if self.path else None,
            "version": version,
            "duration_ms": version.duration_ms if version else None,
            "sections": [_outline(section) for section in version.sections] if version else [],
            "study_url": self.study_url if version and self._is_open_to(request.user) else None,
        }

    def _is_open_to(self, viewer: Any) -> bool:
        if not viewer.is_authenticated or self.lesson.withdrawn_at is not None:
            return False
        # Classes live in the root above; it answers, and without an answer the study page itself will say no.
        answers = study_asked.send(sender=type(self), viewer=viewer, lesson_uuid=self.lesson.uuid)
        return not answers or any(answer for _receiver, answer in answers)


def _lacks(own: QuerySet[Any], wanted: set[int]) -> bool:
    return bool(wanted) and own.filter(pk__in=wanted).count() < len(wanted)


def study_url(lesson_uuid: uuid.UUID) -> str:
    """Where a lesson is studied; fixed by the public contract, served by the root above this one."""
    return f"/study/{lesson_uuid}/"


def _outline(section: Mapping[str, Any]) -> dict[str, Any]:
    # Without "html": a visitor sees what a lesson is about, not the lesson.
    return {
        "title": section["title"],
        "from_ms": section["from_ms"],
        "to_ms": section["to_ms"],
    }
