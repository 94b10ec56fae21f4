"""Opening sites and scheduling sittings: examiners of the exam institution do, and nobody who trains 教考分离."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction

from lms.accounts.queries import Viewer
from lms.audit.actions import record
from lms.enrollments.models import Syllabus
from lms.exams.actions.taken import UuidTaken
from lms.exams.models import Site, Sitting
from lms.exams.queries import examines
from lms.institutions.models import Institution, InstitutionKind

SEATS_MAX = 2_000
MINUTES_MAX = 600


class NotExaminer(PermissionDenied):
    """Only examiners of the exam institution may do this."""


class SittingRefused(ValueError):
    """What was given cannot be a site or a sitting; `problems` lists (field, value, allowed)."""

    def __init__(self, problems: Iterable[tuple[str, str, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            "; ".join(f"{field}: {value!r}, allowed: {allowed}" for field, value, allowed in self.problems)
        )


def open_site(
    *,
    by: Viewer,
    at: datetime,
    uuid: UUID,
    institution: Institution,
    name_zh: str,
    seats: int,
    name_en: str = "",
    address: str = "",
) -> Site:
    """A place to examine; the same uuid again gives the same site. Raises NotExaminer, SittingRefused, UuidTaken."""
    _require_examiner(by, institution)
    if not 1 <= seats <= SEATS_MAX:
        raise SittingRefused([("seats", str(seats), f"1 to {SEATS_MAX}")])
    fields = {
        "institution": institution,
        "name_zh": name_zh,
        "name_en": name_en,
        "address": address,
        "seats": seats,
    }
    with transaction.atomic():
        site, is_new = Site.objects.get_or_create(uuid=uuid, defaults=fields)
        if site.institution_id != institution.pk:
            raise UuidTaken("this uuid belongs to a site of another institution")
        if is_new:
            record(verb="site.opened", subject=site, by=by, at=at, detail={"seats": seats})
    return site


def schedule_sitting(
    *,
    by: Viewer,
    at: datetime,
    uuid: UUID,
    syllabus: Syllabus,
    site: Site,
    title_zh: str,
    starts_at: datetime,
    opens_at: datetime,
    closes_at: datetime,
    capacity: int,
    title_en: str = "",
    minutes: int = 120,
) -> Sitting:
    """One exam of a syllabus; the same uuid again gives the same sitting, unchanged.

    Registration is open in [opens_at, closes_at) and closes before the exam starts; never more seats than the site
    has. Raises NotExaminer, SittingRefused, UuidTaken.
    """
    _require_examiner(by, site.institution)
    problems = []
    if not 1 <= capacity <= site.seats:
        problems.append(("capacity", str(capacity), f"1 to {site.seats}, the seats of the site"))
    if not opens_at < closes_at <= starts_at:
        problems.append(("closes_at", closes_at.isoformat(), "after opens_at and not after starts_at"))
    if not 1 <= minutes <= MINUTES_MAX:
        problems.append(("minutes", str(minutes), f"1 to {MINUTES_MAX}"))
    if not title_zh.strip():
        problems.append(("title_zh", "", "a title"))
    if problems:
        raise SittingRefused(problems)
    fields = {
        "syllabus": syllabus,
        "site": site,
        "title_zh": title_zh,
        "title_en": title_en,
        "starts_at": starts_at,
        "minutes": minutes,
        "opens_at": opens_at,
        "closes_at": closes_at,
        "capacity": capacity,
    }
    with transaction.atomic():
        sitting, is_new = Sitting.objects.get_or_create(uuid=uuid, defaults=fields)
        if (sitting.site_id, sitting.syllabus_id) != (site.pk, syllabus.pk):
            raise UuidTaken("this uuid belongs to another sitting")
        if is_new:
            detail = {"syllabus": syllabus.code, "capacity": capacity}
            record(verb="sitting.scheduled", subject=sitting, by=by, at=at, detail=detail)
    return sitting


def _require_examiner(by: Viewer, institution: Institution) -> None:
    if institution.kind != InstitutionKind.EXAM or not examines(by, institution):
        raise NotExaminer("only examiners of the exam institution may do this")
