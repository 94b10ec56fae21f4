"""What an exam office sees of a sitting: every seat with its reasons, who waits, who is on duty, and the door."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from django.db.models import Case, Count, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from lms.accounts.queries import Viewer
from lms.enrollments.models import Module
from lms.exams import texts
from lms.exams.models import Admission, Decision, Officer, PlanState, Registration, RegistrationState, Sitting
from lms.exams.queries.plans import offices_of
from lms.exams.queries.sittings import RegistrationNotFound, SittingNotFound, examines, with_places
from lms.exams.queries.verdicts import holding
from lms.exams.rules.door import door_reason
from lms.exams.rules.eligibility import Unmet
from lms.exams.rules.reasons import read
from lms.exams.rules.typed import first_and_last
from lms.exams.texts import Reason

TRAINED_BY = "decision__enrollment__training_class__institution"


class OfficerNotFound(LookupError):
    """There is no such duty for this viewer."""


class TicketNotFound(LookupError):
    """No seat of a sitting of today has this number, or more than one has (`several`)."""

    def __init__(self, *, several: bool = False) -> None:
        self.several = several
        super().__init__("several seats" if several else "no such seat")


@dataclass(frozen=True, slots=True)
class AtTheDoor:
    """A seat as the door sees it at a moment. `state` is let_in, unmet, admitted, not_booked, door_not_open or
    door_closed; `unmet` is every reason why it does not stand."""

    registration: Registration
    state: str
    unmet: tuple[Unmet, ...] = ()
    admission: Admission | None = None


def console_for(viewer: Viewer, uuid: UUID) -> Sitting:
    """A sitting of the viewer's exam institution, in any state."""
    found = with_places(Sitting.objects.filter(uuid=uuid)).first()
    if found is None or not examines(viewer, found.site.institution):
        raise SittingNotFound("no such sitting")
    return found


def seats_of(sitting: Sitting) -> QuerySet[Registration]:
    """All that were ever booked: those that stand by seat, then those that were given up or withdrawn, newest first."""
    stands = Case(
        When(state=RegistrationState.BOOKED, then=Value(0)),
        When(state=RegistrationState.WITHDRAWN, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    rows = Registration.objects.filter(sitting=sitting)
    return rows.select_related("learner", "admission", "withdrawal", TRAINED_BY).order_by(stands, "seat", "-pk")


def booked_seats(sitting: Sitting) -> list[Registration]:
    """Seats that stand, by number."""
    return list(seats_of(sitting).filter(state=RegistrationState.BOOKED))


def reasons_by_decision(decisions: Iterable[Decision]) -> dict[int, list[Reason]]:
    """Why each of these kept decisions refused, in words, by primary key: one statement for all of them."""
    return in_words({each.pk: [read(unmet) for unmet in each.unmet] for each in decisions})


def in_words(unmet: dict[int, list[Unmet]]) -> dict[int, list[Reason]]:
    """Many lists of reasons in words, by whatever they are listed under: one statement for all of them."""
    uuids = {each.module for some in unmet.values() for each in some if each.module}
    names = {str(each.uuid): each.name for each in Module.objects.filter(uuid__in=uuids)} if uuids else {}
    return {key: [texts.reason(each, names.get(each.module or "", "")) for each in some] for key, some in unmet.items()}


def officers_of(sitting: Sitting) -> QuerySet[Officer]:
    """On duty, the chief examiner first; then who was relieved."""
    people = Officer.objects.filter(sitting=sitting).select_related("person", "sitting__site__institution")
    return people.order_by("-relieved_at", "duty", "pk")


def officer_for(viewer: Viewer, uuid: UUID) -> Officer:
    found = Officer.objects.select_related("person", "sitting__site__institution").filter(uuid=uuid).first()
    if found is None or not examines(viewer, found.sitting.site.institution):
        raise OfficerNotFound("no such duty")
    return found


def at_the_door(viewer: Viewer, uuid: UUID, at: datetime) -> AtTheDoor:
    """Whether the holder of this seat is to be let in now, judged anew; for examiners of the institution alone."""
    found = _at_doors().filter(uuid=uuid).first()
    if found is None or not examines(viewer, found.sitting.site.institution):
        raise RegistrationNotFound("no such registration")
    admission = Admission.objects.filter(registration=found).select_related("admitted_by").first()
    if admission is not None:
        return AtTheDoor(found, "admitted", admission=admission)
    if found.state != RegistrationState.BOOKED:
        kept = found.withdrawal.unmet if found.withdrawal is not None else []
        return AtTheDoor(found, "not_booked", tuple(read(each) for each in kept))
    made = holding(found.learner, found.sitting, at)
    if code := door_reason(found.sitting.starts_at, at):
        return AtTheDoor(found, code, made.verdict.unmet)
    return AtTheDoor(found, "let_in" if made.eligible else "unmet", made.verdict.unmet)


def seat_by_ticket(viewer: Viewer, number: str, at: datetime) -> Registration:
    """The seat of today whose ticket begins with these signs. Raises ValueError (no such number), TicketNotFound."""
    first, last = first_and_last(number)
    found = list(_at_doors().filter(sitting__in=doors_of(viewer, at), uuid__gte=first, uuid__lte=last)[:2])
    if len(found) != 1:
        raise TicketNotFound(several=bool(found))
    return found[0]


def doors_of(viewer: Viewer, at: datetime) -> QuerySet[Sitting]:
    """Sittings of the viewer's exam institutions that take place today (the installation's zone), with `admitted`."""
    zone = timezone.get_default_timezone()
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(at, zone), time.min), zone)
    admitted = Admission.objects.filter(registration__sitting=OuterRef("pk")).order_by().values("registration__sitting")
    counted = admitted.annotate(all=Count("pk")).values("all")
    today = Sitting.objects.filter(
        site__institution__in=offices_of(viewer),
        plan__state=PlanState.PUBLISHED,
        cancelled_at__isnull=True,
        starts_at__gte=midnight,
        starts_at__lt=midnight + timedelta(days=1),
    )
    return with_places(today).annotate(admitted=Coalesce(Subquery(counted), 0))


def _at_doors() -> QuerySet[Registration]:
    places = ("learner", "sitting__plan", "sitting__room", "sitting__syllabus", "sitting__site__institution")
    return Registration.objects.select_related(*places, "withdrawal", TRAINED_BY).order_by("pk")
