"""What an institution publishes: its shelf in the content administration, offers to others, and the review.

A shelf is a page, a collection and a group of Wagtail's; the group holds exactly the staff of the institution and the
rights on nothing but that page and that collection. Whatever lies below no shelf is unified 统编: open to all.

The review committee's workflow has one task. `ReviewState` is where a decision is really made: it refuses authors and
colleagues whoever calls it, so that no view of Wagtail's can be a way around.
"""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from wagtail.models import Collection, Page, Revision, Task, TaskState, WorkflowState

from courses.models import TrainingCentrePage
from lms.accounts.models import Role
from lms.accounts.queries import has_role
from lms.institutions.models.bodies import Institution, Membership
from lms.institutions.rules.reviewing import Judge, decision_problems, unfit_because


class InstitutionShelf(models.Model):
    """One institution's own part of the content administration."""

    institution = models.OneToOneField(Institution, on_delete=models.PROTECT, related_name="shelf")
    page = models.OneToOneField(TrainingCentrePage, on_delete=models.PROTECT, related_name="shelf")
    collection = models.OneToOneField(Collection, on_delete=models.PROTECT, related_name="shelf")
    group = models.OneToOneField(Group, on_delete=models.PROTECT, related_name="shelf")
    opened_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.institution)


class CourseOffer(models.Model):
    """The owner of a course or textbook lets another institution plan its lessons into classes; ended, never deleted.

    Classes that were planned meanwhile keep their lessons.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+")
    offered_to = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="course_offers")
    offered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    offered_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["page", "offered_to"], condition=Q(ended_at__isnull=True), name="one_open_offer"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=models.F("offered_at")),
                name="offer_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.page} -> {self.offered_to}"


class ReviewComment(models.Model):
    """Something said about a submission without deciding it, by a reviewer or by its authors."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    submission = models.ForeignKey(WorkflowState, on_delete=models.CASCADE, related_name="review_comments")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    text = models.TextField()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="a_comment_says_something")]

    def __str__(self) -> str:
        return f"{self.by}: {self.text[:40]}"


class NotTheirsToDecide(PermissionDenied):
    """This person may not decide on this submission; `codes` lists why."""

    def __init__(self, codes: tuple[str, ...]) -> None:
        self.codes = codes
        super().__init__(", ".join(codes))


class SubmissionChanged(ValueError):
    """What was submitted is not the newest draft any more: approving would publish what nobody reviewed."""


class ReasonMissing(ValueError):
    """A rejection without reasons, or reasons that are too long; `codes` says which."""

    def __init__(self, codes: tuple[str, ...]) -> None:
        self.codes = codes
        super().__init__(", ".join(codes))


class ReviewState(TaskState):
    """One submission at the committee. Decided once, by an outsider, with words."""

    @transaction.atomic
    def approve(self, user: Any = None, update: bool = True, comment: str = "") -> TaskState:
        """Raises NotTheirsToDecide, SubmissionChanged."""
        self._check(user, approves=True, reason=comment)
        # The page's row locks out a save of another draft between this look and the publication.
        page = Page.objects.select_for_update(of=("self",)).get(pk=self.workflow_state.object_id)
        if page.latest_revision_id != self.revision_id:
            raise SubmissionChanged(str(self.pk))
        # A reviewer has no right to publish anywhere: the approval is what publishes, and just what was reviewed.
        self.workflow_state.on_finish = self._publish
        return super().approve(user=user, update=update, comment=comment)

    @transaction.atomic
    def reject(self, user: Any = None, update: bool = True, comment: str = "") -> TaskState:
        """Raises NotTheirsToDecide, ReasonMissing."""
        self._check(user, approves=False, reason=comment)
        return super().reject(user=user, update=update, comment=comment)

    def unfit_because(self, person: Any) -> tuple[str, ...]:
        """Why this person may not decide, as codes of `rules.reviewing`; empty if they may."""
        page = self.workflow_state.content_object
        return unfit_because(
            Judge(
                is_reviewer=has_role(person, Role.REVIEWER),
                has_edited=person.pk in _authors(page, self.revision),
                has_submitted=person.pk is not None and person.pk == self.workflow_state.requested_by_id,
                has_worked_there=Membership.objects.filter(
                    person=person.pk, institution__shelf__in=shelves_above(page)
                ).exists(),
            )
        )

    def _publish(self, user: Any = None) -> None:
        self.revision.publish(user=user, skip_permission_checks=True)

    def _check(self, user: Any, *, approves: bool, reason: str) -> None:
        codes = self.unfit_because(user) if user is not None else ("not_a_reviewer",)
        if codes:
            raise NotTheirsToDecide(codes)
        if problems := decision_problems(approves=approves, reason=reason):
            raise ReasonMissing(problems)


class ReviewTask(Task):
    """The one step of the committee's workflow: independent review 教材编审."""

    task_state_class: ClassVar[type[TaskState]] = ReviewState

    def locked_for_user(self, obj: Any, user: Any) -> bool:
        """While it is being reviewed nobody changes it, so that what was read is what goes live."""
        return True

    def get_actions(self, obj: Any, user: Any) -> list[tuple[str, str, bool]]:
        """None in Wagtail's editor: decisions are made on the review page."""
        return []

    @classmethod
    def get_description(cls) -> str:
        return str(_("A reviewer decides who neither wrote it nor works for its institution."))

    class Meta:
        verbose_name = _("Independent review")
        verbose_name_plural = _("Independent reviews")


def shelves_above(page: Page) -> models.QuerySet[InstitutionShelf]:
    """The shelf on which this page stands (itself included): one or none."""
    above = [page.path[:end] for end in range(Page.steplen, len(page.path) + 1, Page.steplen)]
    return InstitutionShelf.objects.filter(page__path__in=above)


def _authors(page: Page, revision: Revision) -> set[int]:
    """Who owns the page or wrote any revision since what is live, up to this one."""
    written = Revision.objects.filter(
        base_content_type=revision.base_content_type_id, object_id=revision.object_id, pk__lte=revision.pk
    )
    if page.live_revision_id is not None:
        written = written.filter(pk__gt=page.live_revision_id)
    people = set(written.values_list("user_id", flat=True))
    if page.live_revision_id is None:
        people.add(page.owner_id)
    return {person for person in people if person is not None}
