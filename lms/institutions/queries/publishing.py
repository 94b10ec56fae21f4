"""Whose a page, a lesson or a submission is, who may do what with it, and what an institution may plan into classes.

Ownership is a place in the page tree: below an institution's shelf, or below none (unified 统编, open to all).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from wagtail.models import Page, WorkflowState

from courses.models import ChapterPage, CoursePage, Lesson, LessonVersion, TextbookPage, VideoLessonPage
from courses.queries import Planned, page_of, planned_lessons
from lms.accounts.models import Role, User
from lms.accounts.queries import Viewer, has_role, roles_of
from lms.institutions.models import (
    CourseOffer,
    CourseSubmission,
    Institution,
    InstitutionKind,
    InstitutionShelf,
    ReviewState,
)
from lms.institutions.models.publishing import shelves_above
from lms.institutions.queries.bodies import InstitutionNotFound, institutions_of, may_see_region, staffs, supervises

# Root, catalogue, centre.
CENTRE_DEPTH = 3

OWN, UNIFIED, OFFERED = "own", "unified", "offered"


class PageNotFound(LookupError):
    """There is no such page, lesson, version or submission for this viewer: absent and hidden look alike."""


@dataclass(frozen=True, slots=True)
class PlannableShelf:
    """A course or textbook from which an institution may plan lessons. `source` is own, unified or offered."""

    title: str
    source: str
    owner: str
    versions: tuple[LessonVersion, ...]


def owner_of(page: Page) -> Institution | None:
    """The institution on whose shelf the page stands; None for what is unified."""
    shelf = shelves_above(page).select_related("institution__region").first()
    return shelf.institution if shelf else None


def owner_of_lesson(lesson: Lesson) -> Institution | None:
    page = page_of(lesson)
    return owner_of(page) if page else None


def owners_of_lessons(lessons: Iterable[Lesson]) -> dict[int, int]:
    """The institution (primary keys) of each of these lessons that stands on a shelf. Three reads."""
    pks = [each.pk for each in lessons]
    shelves = {each.page.path: each.institution_id for each in _shelves()}
    depth = Page.steplen * CENTRE_DEPTH
    places = [
        place
        for model in (VideoLessonPage, ChapterPage)
        for place in model.objects.filter(lesson__in=pks).values_list("lesson_id", "path")
    ]
    return {lesson: shelves[path[:depth]] for lesson, path in places if path[:depth] in shelves}


def plannable_versions(viewer: Viewer, institution: Institution) -> list[LessonVersion]:
    """The newest version of every live lesson that the institution may plan into a class: its own, unified ones, and
    those of courses offered to it. InstitutionNotFound for whoever neither works there nor supervises it."""
    return [version for shelf in plannable_shelves(viewer, institution) for version in shelf.versions]


def plannable_shelves(viewer: Viewer, institution: Institution) -> list[PlannableShelf]:
    """The same by course and textbook: own ones first, then offered ones, then unified ones. Seven reads at most."""
    if not (staffs(viewer, institution) or may_see_region(viewer, institution.region)):
        raise InstitutionNotFound("no such institution")
    shelves = {each.page.path: each.institution for each in _shelves()}
    offered = set(
        CourseOffer.objects.filter(offered_to=institution, ended_at=None).values_list("page__path", flat=True)
    )
    found = []
    for each in planned_lessons():
        owner = shelves.get(each.centre_path)
        source = _source(each, owner, institution, offered)
        if source is not None:
            found.append(PlannableShelf(each.title, source, owner.name_zh if owner else "", each.versions))
    order = (OWN, OFFERED, UNIFIED)
    return sorted(found, key=lambda shelf: order.index(shelf.source))


def lessons_of_others(institution: Institution, lessons: Iterable[int]) -> set[int]:
    """Of these lessons (primary keys), those that stand on another institution's shelf and are not offered to this one.

    Four reads. A lesson without a page belongs to nobody: what was published stays.
    """
    shelves = {each.page.path: each.institution_id for each in _shelves()}
    offered = set(
        CourseOffer.objects.filter(offered_to=institution, ended_at=None).values_list("page__path", flat=True)
    )
    depth, pks = Page.steplen * CENTRE_DEPTH, list(lessons)
    return {
        lesson
        for model in (VideoLessonPage, ChapterPage)
        for lesson, path in model.objects.filter(lesson__in=pks).values_list("lesson_id", "path")
        if shelves.get(path[:depth], institution.pk) != institution.pk and path[: -Page.steplen] not in offered
    }


def _source(each: Planned, owner: Institution | None, institution: Institution, offered: set[str]) -> str | None:
    if owner is None:
        return UNIFIED
    if owner.pk == institution.pk:
        return OWN
    return OFFERED if each.path in offered else None


def _shelves() -> QuerySet[InstitutionShelf]:
    return InstitutionShelf.objects.select_related("page", "institution")


def own_shelves(viewer: Viewer) -> QuerySet[InstitutionShelf]:
    """The shelves that this member of staff fills."""
    if not has_role(viewer, Role.INSTITUTION):
        return InstitutionShelf.objects.none()
    return _shelves().filter(institution__in=institutions_of(viewer))


def pages_of_staff(viewer: Viewer) -> QuerySet[Page]:
    """Courses, textbooks and lessons on the viewer's own shelves, drafts too, in the order of the tree."""
    below = Q(pk__in=[])
    for shelf in own_shelves(viewer):
        below |= Q(path__startswith=shelf.page.path)
    pages: QuerySet[Page] = Page.objects.filter(below).order_by("path")
    return pages


def may_withdraw_page(viewer: Viewer, page: Page) -> bool:
    """Staff of the owner, and the authority above it; for unified content the authority of a whole province."""
    owner = owner_of(page)
    if owner is None:
        return _is_provincial(viewer)
    return staffs(viewer, owner) or supervises(viewer, owner.region)


def may_withdraw(viewer: Viewer, lesson: Lesson) -> bool:
    """As for its page; nobody but a province for a lesson whose page was deleted."""
    page = page_of(lesson)
    return may_withdraw_page(viewer, page) if page else _is_provincial(viewer)


def _is_provincial(viewer: Viewer) -> bool:
    if not isinstance(viewer, User) or not has_role(viewer, Role.AUTHORITY):
        return False
    return viewer.authority_posts.filter(ended_at=None, region__parent=None).exists()


def lesson_for(viewer: Viewer, uuid: UUID) -> Lesson:
    """A lesson with its drafts and versions: for staff of the owner, reviewers and the authority above."""
    lesson = Lesson.objects.filter(uuid=uuid).first()
    if lesson is None or not _may_look_into(viewer, owner_of_lesson(lesson)):
        raise PageNotFound("no such lesson")
    return lesson


def course_for(viewer: Viewer, page_id: int) -> CoursePage | TextbookPage:
    """A course or textbook, for staff of the owner, reviewers and the authority above."""
    page = Page.objects.filter(pk=page_id).first()
    specific = page.specific if page else None
    if not isinstance(specific, CoursePage | TextbookPage) or not _may_look_into(viewer, owner_of(specific)):
        raise PageNotFound("no such course")
    return specific


def _may_look_into(viewer: Viewer, owner: Institution | None) -> bool:
    roles = roles_of(viewer)
    if roles & {Role.REVIEWER, Role.ADMINISTRATOR}:
        return True
    if owner is None:
        return _is_provincial(viewer)
    return staffs(viewer, owner) or supervises(viewer, owner.region)


def reviews_to_do(viewer: Viewer) -> QuerySet[ReviewState]:
    """What waits for the committee, longest waiting first, a whole course as its first part with `parts_count` (None
    for a page alone); nothing for whoever is no reviewer."""
    if not has_role(viewer, Role.REVIEWER):
        return _listed_reviews().none()
    return _listed_reviews().filter(status=ReviewState.STATUS_IN_PROGRESS).order_by("started_at", "pk")


def reviews_decided(viewer: Viewer) -> QuerySet[ReviewState]:
    """What the committee decided, latest first; whole courses as above."""
    if not has_role(viewer, Role.REVIEWER):
        return _listed_reviews().none()
    decided = (ReviewState.STATUS_APPROVED, ReviewState.STATUS_REJECTED)
    return _listed_reviews().filter(status__in=decided).order_by("-finished_at", "-pk")


def review_for(viewer: Viewer, pk: int) -> ReviewState:
    """One submission: for reviewers, administrators, and staff of the institution whose page it is."""
    found = _reviews().filter(pk=pk).first()
    if found is None or not _may_read(viewer, found.workflow_state):
        raise PageNotFound("no such submission")
    return found


def course_submission_for(viewer: Viewer, uuid: UUID) -> CourseSubmission:
    """A course that was submitted as a whole: for the same people as a page that was submitted alone."""
    found = CourseSubmission.objects.filter(uuid=uuid).select_related("page", "submitted_by").first()
    if found is None or not (_is_trusted(viewer) or _is_own_page(viewer, found.page)) or not found.parts.exists():
        raise PageNotFound("no such submission")
    return found


def parts_of(submission: CourseSubmission) -> QuerySet[ReviewState]:
    """The parts in the order in which they were submitted: the course's own page first. `comments` counts what was
    said; of the revision only its title is read (`object_str`): all contents at once would be megabytes."""
    mine = _reviews().defer("revision__content").filter(whole=submission.pk)
    parts: QuerySet[ReviewState] = mine.annotate(comments=Count("workflow_state__review_comments")).order_by("pk")
    return parts


def may_comment_on(viewer: Viewer, submission: WorkflowState) -> bool:
    return submission.is_active and (has_role(viewer, Role.REVIEWER) or _is_own(viewer, submission))


def review_history(page: Page) -> QuerySet[ReviewState]:
    """Every submission of a page, oldest first, with the comments made meanwhile."""
    mine = _reviews().filter(workflow_state__object_id=str(page.pk))
    return mine.prefetch_related("workflow_state__review_comments__by").order_by("started_at", "pk")


def open_offers(page: Page) -> QuerySet[CourseOffer]:
    return CourseOffer.objects.filter(page=page.pk, ended_at=None).select_related("offered_to").order_by("offered_at")


def institutions_to_offer(page: Page) -> QuerySet[Institution]:
    """Training institutions that the course is not offered to yet, the owner left out."""
    owner = owner_of(page)
    taken = open_offers(page).values("offered_to")
    training = Institution.objects.filter(kind=InstitutionKind.TRAINING).exclude(pk__in=taken)
    return training.exclude(pk=owner.pk if owner else 0).order_by("name_zh")


def _reviews() -> QuerySet[ReviewState]:
    reviews: QuerySet[ReviewState] = ReviewState.objects.select_related(
        "workflow_state__requested_by", "revision", "finished_by", "workflow_state__base_content_type"
    )
    return reviews


def _listed_reviews() -> QuerySet[ReviewState]:
    """For lists: of a whole course only the part that was submitted first, with `parts_count`."""
    siblings = ReviewState.objects.filter(whole=OuterRef("whole"))
    first = siblings.order_by("pk").values("pk")[:1]
    counted = siblings.order_by().values("whole").annotate(n=Count("pk")).values("n")
    reviews = _reviews().select_related("whole__page").defer("revision__content")
    listed: QuerySet[ReviewState] = reviews.filter(Q(whole=None) | Q(pk=Subquery(first))).annotate(
        parts_count=Subquery(counted)
    )
    return listed


def _may_read(viewer: Viewer, submission: WorkflowState) -> bool:
    return _is_trusted(viewer) or _is_own(viewer, submission)


def _is_trusted(viewer: Viewer) -> bool:
    return bool(roles_of(viewer) & {Role.REVIEWER, Role.ADMINISTRATOR})


def _is_own(viewer: Viewer, submission: WorkflowState) -> bool:
    return _is_own_page(viewer, submission.content_object)


def _is_own_page(viewer: Viewer, page: Page | None) -> bool:
    owner = owner_of(page) if page else None
    return owner is not None and staffs(viewer, owner)
