"""Opening sites and their rooms: examiners of the exam institution do, and nobody who trains 教考分离."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from lms.accounts.queries import Viewer
from lms.audit.actions import record
from lms.exams.actions.refusals import SittingRefused, require_examiner
from lms.exams.actions.taken import UuidTaken
from lms.exams.models import Room, Site
from lms.institutions.models import Institution

SEATS_MAX = 2_000


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
    require_examiner(by, institution)
    problems = []
    if not 1 <= seats <= SEATS_MAX:
        problems.append(("seats", str(seats), f"1 to {SEATS_MAX}"))
    if not name_zh.strip():
        problems.append(("name_zh", name_zh, "a name"))
    if problems:
        raise SittingRefused(problems)
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


def add_room(*, by: Viewer, at: datetime, uuid: UUID, site: Site, name_zh: str, seats: int, name_en: str = "") -> Room:
    """A room of a site; the same uuid again gives the same. All rooms together never have more seats than the site.

    Raises NotExaminer, SittingRefused, UuidTaken.
    """
    require_examiner(by, site.institution)
    with transaction.atomic():
        locked = Site.objects.select_for_update(no_key=True).get(pk=site.pk)
        known = Room.objects.filter(uuid=uuid).first()
        if known is not None:
            if known.site_id != site.pk:
                raise UuidTaken("this uuid belongs to a room of another site")
            return known
        left = locked.seats - (locked.rooms.aggregate(seats=Sum("seats"))["seats"] or 0)
        problems = []
        if not 1 <= seats <= left:
            problems.append(("seats", str(seats), f"1 to {left}, what the site's {locked.seats} seats leave"))
        if not name_zh.strip() or locked.rooms.filter(name_zh=name_zh).exists():
            problems.append(("name_zh", name_zh, "a name that no other room of the site has"))
        if problems:
            raise SittingRefused(problems)
        room = Room.objects.create(uuid=uuid, site=locked, name_zh=name_zh, name_en=name_en, seats=seats, opened_at=at)
        record(verb="room.opened", subject=room, by=by, at=at, detail={"site": str(site.uuid), "seats": seats})
    return room
