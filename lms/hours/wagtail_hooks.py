"""The way from a lesson's page in the content administration to the questions that presence checks ask about it."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.admin.widgets.button import Button

from courses.models import LessonPage
from courses.queries import may_edit_lesson


@hooks.register("register_page_header_buttons")
def presence_questions_button(page: Any, user: Any, view_name: str, next_url: str | None = None) -> Iterator[Button]:
    """Only for lessons with a version: a question is about what learners see, not about a draft."""
    specific = page.specific
    if isinstance(specific, LessonPage) and specific.latest_version and may_edit_lesson(user, specific.lesson):
        url = reverse("lesson_questions", args=[specific.lesson.uuid])
        yield Button(_("Presence questions"), url, icon_name="help", priority=12)
