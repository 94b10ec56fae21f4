"""The admission ticket of a seat, made when its holder asks: nothing is kept that could differ from the row."""

from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from lms.accounts.models import User
from lms.accounts.queries import Viewer, masked_identity
from lms.exams.models import Registration
from lms.exams.queries.sittings import RegistrationNotFound
from lms.exams.rules.door import door_path
from lms.exams.rules.tickets import Seat, ticket_of, ticket_reason
from lms.printing import pdf_of

LAYOUT = Path(__file__).resolve().parents[1] / "typesetting" / "ticket.typ"


class NoTicket(ValueError):
    """There is no ticket for this seat: `code` is not_booked or in_doubt."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def ticketed_seat(viewer: Viewer, uuid: UUID) -> Registration:
    """The viewer's own seat, if there is a ticket for it. Raises RegistrationNotFound (also for somebody else's),
    NoTicket."""
    own = Registration.objects.filter(learner=viewer) if isinstance(viewer, User) else Registration.objects.none()
    found = own.select_related("learner", "sitting__site__institution", "sitting__room").filter(uuid=uuid).first()
    if found is None:
        raise RegistrationNotFound("no such registration")
    if code := ticket_reason(found.state, found.doubted_at):
        raise NoTicket(code)
    return found


def printed_ticket(registration: Registration) -> bytes:
    """The PDF. Raises FontMissing."""
    address = door_address(registration)
    return pdf_of(LAYOUT, ticket_of(_seat(registration), address=address), address=address, at=registration.booked_at)


def door_address(registration: Registration) -> str:
    """What the code on the ticket leads to."""
    return settings.BASE_URL.rstrip("/") + door_path(registration.uuid)


def _seat(registration: Registration) -> Seat:
    sitting, site, room = registration.sitting, registration.sitting.site, registration.sitting.room
    return Seat(
        registration=registration.uuid,
        name=registration.learner.real_name.strip(),
        identity=masked_identity(registration.learner) or "",
        title_zh=sitting.title_zh,
        title_en=sitting.title_en,
        office_zh=site.institution.name_zh,
        office_en=site.institution.name_en,
        site_zh=site.name_zh,
        site_en=site.name_en,
        address=site.address,
        room_zh=room.name_zh,
        room_en=room.name_en,
        seat=registration.seat,
        starts_at=timezone.localtime(sitting.starts_at, timezone.get_default_timezone()),
        minutes=sitting.minutes,
    )
