"""A learner's refusals with what may be done about each: appeal, read the appeal made, or appeal against an entry."""

from dataclasses import dataclass

from django.db.models import Q

from lms.accounts.models import User
from lms.hours.models import Appeal, Entry, EntrySort, Refusal
from lms.hours.queries.appeals import PARTS, appeals_against


@dataclass(frozen=True, slots=True)
class RefusalStanding:
    """A refusal, the appeal made against it, and the entry that took its time back.

    With such an entry the appeal is against that entry, and `appeal` is the one made against it.
    """

    refusal: Refusal
    void: Entry | None
    appeal: Appeal | None

    @property
    def is_appealable(self) -> bool:
        return self.void is None and self.appeal is None


def refusals_before(learner: User, before: int, limit: int) -> list[RefusalStanding]:
    """Up to `limit` refusals with a lower id than `before`, the newest first."""
    rows = Refusal.objects.filter(learner=learner, pk__lt=before).order_by("-pk")
    refusals = list(rows.select_related("module", "lesson_version__lesson", "enrollment")[:limit])
    voids = _voids_behind(refusals)
    made = appeals_against(learner, [each.pk for each in refusals], [each.pk for each in voids.values()])
    by_refusal = {each.refusal_id: each for each in made if each.refusal_id}
    by_entry = {each.entry_id: each for each in made if each.entry_id}
    return [
        RefusalStanding(each, void, by_entry.get(void.pk) if void else by_refusal.get(each.pk))
        for each, void in ((refusal, voids.get(refusal.pk)) for refusal in refusals)
    ]


def own_appeals(learner: User, limit: int) -> list[Appeal]:
    """The learner's appeals, the newest first."""
    return list(Appeal.objects.filter(learner=learner).select_related(*PARTS).order_by("-appealed_at", "-pk")[:limit])


def _voids_behind(refusals: list[Refusal]) -> dict[int, Entry]:
    """What `void_behind` says of each refusal, for many at once: by the refusal's id."""
    sessions = {each.session_id for each in refusals}
    sorts = Q(sort=EntrySort.VOID) | Q(sort=EntrySort.CREDIT, from_at__in={each.from_at for each in refusals})
    credited: set[tuple[int | None, object]] = set()
    voids: dict[tuple[int | None, int], Entry] = {}
    for entry in Entry.objects.filter(sorts, session__in=sessions).order_by("number"):
        if entry.sort == EntrySort.CREDIT:
            credited.add((entry.session_id, entry.from_at))
        else:
            voids.setdefault((entry.session_id, entry.ms), entry)
    return {
        each.pk: voids[each.session_id, each.ms]
        for each in refusals
        if (each.session_id, each.from_at) in credited and (each.session_id, each.ms) in voids
    }
