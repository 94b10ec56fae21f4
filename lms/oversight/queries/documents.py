"""Reading documents. A learner sees their own, staff those of their institution, the authority those below it.

A stranger is shown what `verification` gives, and only with the code or the number that stands on the paper.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from lms.accounts.models import Role, User
from lms.accounts.queries import Viewer, has_role
from lms.enrollments.models import Enrollment, EnrollmentState, TrainingClass
from lms.enrollments.queries import class_for, enrollments_of
from lms.hours.models import ModuleHours
from lms.institutions.queries import institutions_of, regions_of
from lms.oversight.models import Document
from lms.oversight.queries.completion import completions_of, lines_up_to, shortages_now
from lms.oversight.rules.documents import (
    CERTIFICATE,
    Completion,
    Unmet,
    digest,
    kinds_of,
    read_number,
    shortages,
    state_of,
    unmet_of,
)
from lms.paper_codes import read_code

LEARNERS_MAX = 20_000
"""Of one class, so that its page cannot be made to fill the memory; real ones have dozens, at times thousands."""


class DocumentNotFound(LookupError):
    """There is no such document for this viewer: absent and hidden look alike."""


@dataclass(frozen=True, slots=True)
class Verification:
    """A document as it stands now: `state` is valid, revoked or uncovered (its hours were taken back since)."""

    document: Document
    state: str
    missing: tuple[Unmet, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """An enrollment on the way to its documents: what stands against them, and those that it has and may have.

    `missing` are the hours alone, which a document that was issued is measured by ever after; `unmet` is everything.
    """

    enrollment: Enrollment
    missing: tuple[Unmet, ...]
    unmet: tuple[Unmet, ...]
    documents: tuple[Document, ...]
    kinds: tuple[str, ...]

    @property
    def kinds_to_issue(self) -> tuple[str, ...]:
        """What completed hours give and was never issued; what was revoked, only the authority gives again."""
        held = {each.kind for each in self.documents}
        return () if self.unmet else tuple(kind for kind in self.kinds if kind not in held)


def is_revoked(document: Document) -> bool:
    return hasattr(document, "revocation")


def standing_document(enrollment_id: int, kind: str) -> Document | None:
    """The document of an enrollment that was not revoked."""
    return _all().filter(enrollment_id=enrollment_id, kind=kind, revocation__isnull=True).first()


def document_for(viewer: Viewer, uuid: UUID) -> Document:
    """The document, for those who may see it; DocumentNotFound otherwise."""
    found = documents_for(viewer).filter(uuid=uuid).first()
    if found is None:
        raise DocumentNotFound("no such document")
    return found


def documents_for(viewer: Viewer) -> QuerySet[Document]:
    """Documents that the viewer may see, the last issued first."""
    if not isinstance(viewer, User) or not viewer.is_active:
        return Document.objects.none()
    seen = Q(enrollment__learner=viewer) | Q(enrollment__training_class__institution__region__in=regions_of(viewer))
    if has_role(viewer, Role.INSTITUTION):
        seen |= Q(enrollment__training_class__institution__in=institutions_of(viewer))
    return _all().filter(seen).order_by("-issued_at", "-pk")


def documents_below(viewer: Viewer, text: str = "") -> QuerySet[Document]:
    """Documents of the regions that the viewer supervises; `text` is a number, a code, or part of a name."""
    found = _all().filter(enrollment__training_class__institution__region__in=regions_of(viewer))
    if text:
        typed = Q(number=read_number(text) or "") | Q(code=read_code(text) or "")
        people = Q(enrollment__learner__real_name__icontains=text.strip())
        found = found.filter(typed | people | Q(enrollment__training_class__title__icontains=text.strip()))
    return found.order_by("-issued_at", "-pk")


def standings_of(learner: User) -> list[Standing]:
    """The learner's own active enrollments, earliest first, and what they give."""
    enrollments = list(enrollments_of(learner).select_related("learner"))
    facts = completions_of(enrollments, ModuleHours.objects.filter(learner=learner))
    documents = _by_enrollment(_all().filter(enrollment__learner=learner))
    return [_standing(each, facts[each.pk], documents[each.pk]) for each in enrollments]


def earlier_documents_of(learner: User) -> QuerySet[Document]:
    """Documents of enrollments that the learner has left."""
    left = _all().filter(enrollment__learner=learner).exclude(enrollment__state=EnrollmentState.ACTIVE)
    return left.order_by("-issued_at", "-pk")


def standings_in(viewer: Viewer, training_class: TrainingClass) -> list[Standing]:
    """Everybody in the class, by name; ClassNotFound for whoever may not see it."""
    class_for(viewer, training_class.uuid)
    people = list(
        Enrollment.objects.filter(training_class=training_class, state=EnrollmentState.ACTIVE)
        .select_related("learner", "training_class__syllabus_version__syllabus", "training_class__institution")
        .order_by("learner__real_name", "pk")[:LEARNERS_MAX]
    )
    facts = completions_of(people, ModuleHours.objects.filter(enrollment__training_class=training_class))
    documents = _by_enrollment(_all().filter(enrollment__training_class=training_class))
    return [_standing(each, facts[each.pk], documents[each.pk]) for each in people]


def verification(text: str) -> Verification | None:
    """What a stranger is told of the code or number that they typed; None when nothing was issued under it."""
    code, number = read_code(text), read_number(text)
    if code is None and number is None:
        return None
    found = _all().filter(Q(code=code) if code else Q(number=number)).first()
    return verified(found) if found is not None else None


def verified(document: Document) -> Verification:
    """Judged anew against the ledger, now."""
    missing = shortages_now(document.enrollment)
    return Verification(document, state_of(is_revoked=is_revoked(document), missing=missing), missing)


def missing_hours_of(documents: Iterable[Document]) -> dict[int, tuple[Unmet, ...]]:
    """Hours that were taken back since, by document id; from totals, for lists."""
    listed = list(documents)
    enrollments = {each.enrollment_id: each.enrollment for each in listed}
    facts = completions_of(enrollments.values(), ModuleHours.objects.filter(enrollment__in=list(enrollments)))
    return {each.pk: shortages(facts[each.enrollment_id].asked) for each in listed}


def digest_holds(document: Document) -> bool:
    """Do the entries that the document was issued upon still give its digest?"""
    return digest(lines_up_to(document.enrollment, document.entries_to)) == document.digest


def _all() -> QuerySet[Document]:
    return Document.objects.select_related(
        "revocation",
        "enrollment__learner",
        "enrollment__training_class__institution__region",
        "enrollment__training_class__syllabus_version__syllabus",
    )


def _by_enrollment(documents: QuerySet[Document]) -> dict[int, list[Document]]:
    found: dict[int, list[Document]] = defaultdict(list)
    for each in documents.order_by("kind", "edition"):
        found[each.enrollment_id].append(each)
    return found


def _standing(enrollment: Enrollment, facts: Completion, documents: list[Document]) -> Standing:
    return Standing(
        enrollment=enrollment,
        missing=shortages(facts.asked),
        # What stands against a certificate stands against a record card as well.
        unmet=unmet_of(facts, CERTIFICATE),
        documents=tuple(documents),
        kinds=kinds_of(facts.training),
    )
