"""What an institution publishes: its shelf in the content administration, offers to others, and the review.

A shelf is a page, a collection and a group of Wagtail's; the group holds exactly the staff of the institution and the
rights on nothing but that page and that collection. Whatever lies below no shelf is unified 统编: open to all.

The review committee's workflow has one task. `ReviewState` is where a decision is really made: it refuses authors and
colleagues whoever calls it, so that no view of Wagtail's can be a way around. A course submitted as a whole is one
`CourseSubmission` over a `ReviewState` for each part; it has no state of its own that could differ from theirs.
"""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
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


class CourseSubmission(models.Model):  # type: ignore[django-manager-missing]  # Wagtail types no manager of its own
    """A course or textbook that went to the committee as a whole: its page and the lessons below that had changes.

    Whether it waits, was approved, returned or taken back is what all its parts say; PostgreSQL refuses parts that
    differ (migration 0004). One that has no part left, because its pages were deleted, is nothing any more.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+")
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.page}"

    def unfit_because(self, person: Any) -> tuple[str, ...]:
        """Why this person may not decide, as codes of `rules.reviewing`: who wrote one part decides on none."""
        return unfit_for(list(self.parts.select_related("workflow_state")), person)


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
    """What was submitted is not the newest draft any more: approving would publish what nobody reviewed.

    `titles` names the pages that were changed.
    """

    def __init__(self, titles: tuple[str, ...]) -> None:
        self.titles = titles
        super().__init__(", ".join(titles))


class ReasonMissing(ValueError):
    """A rejection without reasons, or reasons that are too long; `codes` says which."""

    def __init__(self, codes: tuple[str, ...]) -> None:
        self.codes = codes
        super().__init__(", ".join(codes))


class ReviewState(TaskState):
    """One page at the committee. Decided once, by an outsider, with words; a part of a whole only with the others.

    `measured_ms` is how long a lesson that is part of a whole was measured when it was submitted; `needs_work` says
    that the committee named this part when it returned the whole.
    """

    whole = models.ForeignKey(CourseSubmission, null=True, on_delete=models.CASCADE, related_name="parts")
    measured_ms = models.PositiveBigIntegerField(null=True)
    needs_work = models.BooleanField(default=False)

    #: Set on the row in hand where every part is decided in one transaction.
    is_decided_with_the_whole = False

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(needs_work=False) | Q(whole__isnull=False), name="only_parts_are_named_for_work"
            )
        ]

    @transaction.atomic
    def approve(self, user: Any = None, update: bool = True, comment: str = "") -> TaskState:
        """Raises NotTheirsToDecide, SubmissionChanged."""
        self._check(user, approves=True, reason=comment)
        # The page's row locks out a save of another draft between this look and the publication.
        page = Page.objects.select_for_update(of=("self",)).get(pk=self.workflow_state.object_id)
        if page.latest_revision_id != self.revision_id:
            raise SubmissionChanged((page.draft_title,))
        # A reviewer has no right to publish anywhere: the approval is what publishes, and just what was reviewed.
        self.workflow_state.on_finish = self._publish
        return super().approve(user=user, update=update, comment=comment)

    @transaction.atomic
    def reject(self, user: Any = None, update: bool = True, comment: str = "") -> TaskState:
        """Raises NotTheirsToDecide, ReasonMissing."""
        self._check(user, approves=False, reason=comment)
        return super().reject(user=user, update=update, comment=comment)

    @transaction.atomic
    def cancel(self, user: Any = None, resume: bool = False, comment: str = "") -> TaskState:
        """Taken back by its authors. A part takes the whole back with it: what is left would never be decided."""
        done = super().cancel(user=user, resume=resume, comment=comment)
        if self.whole_id is not None:
            others = ReviewState.objects.filter(whole=self.whole_id, status=self.STATUS_IN_PROGRESS)
            rows = list(others.values_list("pk", "workflow_state"))
            WorkflowState.objects.filter(pk__in=[workflow for _pk, workflow in rows]).update(
                status=WorkflowState.STATUS_CANCELLED
            )
            TaskState.objects.filter(pk__in=[pk for pk, _workflow in rows]).update(
                status=self.STATUS_CANCELLED, finished_at=timezone.now(), finished_by=user
            )
        return done

    def unfit_because(self, person: Any) -> tuple[str, ...]:
        """Why this person may not decide, as codes of `rules.reviewing`; empty if they may."""
        return unfit_for([self], person)

    def _publish(self, user: Any = None) -> None:
        self.revision.publish(user=user, skip_permission_checks=True)

    def _check(self, user: Any, *, approves: bool, reason: str) -> None:
        codes = self.unfit_because(user) if user is not None else ("not_a_reviewer",)
        if self.whole_id is not None and not self.is_decided_with_the_whole:
            codes = (*codes, "part_of_course")
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
    return InstitutionShelf.objects.filter(page__path__in=_paths_above([page]))


def unfit_for(reviews: Sequence[ReviewState], person: Any) -> tuple[str, ...]:
    """Why this person may decide on none of these submissions, as codes; a number of reads that does not grow."""
    if person.pk is None:
        return ("not_a_reviewer",)
    pages = Page.objects.in_bulk([int(each.workflow_state.object_id) for each in reviews])
    return unfit_because(
        Judge(
            is_reviewer=has_role(person, Role.REVIEWER),
            has_edited=_has_written(person, reviews, pages),
            has_submitted=any(each.workflow_state.requested_by_id == person.pk for each in reviews),
            has_worked_there=Membership.objects.filter(
                person=person.pk, institution__shelf__page__path__in=_paths_above(pages.values())
            ).exists(),
        )
    )


def _paths_above(pages: Iterable[Page]) -> set[str]:
    return {page.path[:end] for page in pages for end in range(Page.steplen, len(page.path) + 1, Page.steplen)}


def _has_written(person: Any, reviews: Sequence[ReviewState], pages: dict[int, Page]) -> bool:
    """Whether this person owns a page that was never live, or wrote any revision since what is live, up to the one
    submitted."""
    if any(page.live_revision_id is None and page.owner_id == person.pk for page in pages.values()):
        return True
    submitted = {each.workflow_state.object_id: each.revision_id for each in reviews}
    written = Revision.page_revisions.filter(object_id__in=submitted, user=person.pk)
    return any(
        (pages[int(page)].live_revision_id or 0) < revision <= submitted[page]
        for page, revision in written.values_list("object_id", "pk")
    )
