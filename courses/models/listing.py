"""The one read that public course pages need: the live lessons below a page, with what was measured of each."""

from django.db.models import OuterRef, Subquery
from wagtail.models import PageManager
from wagtail.query import PageQuerySet

from courses.models.versions import LessonVersion


class LessonPageQuerySet(PageQuerySet):
    def with_latest_version(self) -> "LessonPageQuerySet":
        """Adds `duration_ms` and `version_number`, both None before the first publication."""
        latest = LessonVersion.objects.filter(lesson=OuterRef("lesson")).order_by("-number")
        return self.select_related("lesson").annotate(
            duration_ms=Subquery(latest.values("duration_ms")[:1]),
            version_number=Subquery(latest.values("number")[:1]),
        )


LessonPageManager = PageManager.from_queryset(LessonPageQuerySet)
