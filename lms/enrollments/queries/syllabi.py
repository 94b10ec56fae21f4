"""Reading syllabi, and who may write them. They are public: whoever must follow a rule may read it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet, Sum

from lms.accounts.models import Role, User
from lms.accounts.queries import Viewer, has_role
from lms.enrollments.models import Module, Requirement, Syllabus, SyllabusVersion, spoken
from lms.enrollments.rules.syllabus import KINDS, Asked, Dated, ModulePlan, VersionPlan, in_force
from lms.institutions.models import Region
from lms.institutions.queries import institutions_of, regions_of, supervises

IN_FORCE, LATER, REPLACED = "in_force", "later", "replaced"


class SyllabusNotFound(LookupError):
    """No syllabus has this code, or no version this number."""


@dataclass(frozen=True, slots=True)
class VersionHours:
    """A version with its class hours of each kind, in the order of `KINDS`, and whether it is in force."""

    version: SyllabusVersion
    hours: tuple[Decimal, ...]
    state: str

    @property
    def total(self) -> Decimal:
        return sum(self.hours, Decimal(0))

    @property
    def region_name(self) -> str:
        """Empty for everywhere."""
        region = self.version.region
        return spoken(region.name_zh, region.name_en) if region else ""


@dataclass(frozen=True, slots=True)
class ListedSyllabus:
    """A syllabus with what is in force of it: for everywhere first, then for single regions; else what is coming."""

    syllabus: Syllabus
    versions: tuple[VersionHours, ...]


def may_write_syllabi(viewer: Viewer) -> bool:
    """An administrator, or the authority of any region."""
    return has_role(viewer, Role.ADMINISTRATOR) or (_judges_nobody_near(viewer) and regions_of(viewer).exists())


def may_write_version(viewer: Viewer, region: Region | None) -> bool:
    """For its region and those below the authority; for everywhere (None) an administrator only."""
    if has_role(viewer, Role.ADMINISTRATOR):
        return True
    return region is not None and _judges_nobody_near(viewer) and supervises(viewer, region)


def writable_regions(viewer: Viewer) -> QuerySet[Region]:
    return regions_of(viewer) if may_write_syllabi(viewer) else Region.objects.none()


def syllabus_by_code(code: str) -> Syllabus:
    found = Syllabus.objects.filter(code=code).first()
    if found is None:
        raise SyllabusNotFound(code)
    return found


def version_in_force(syllabus: Syllabus, region: Region, day: date) -> SyllabusVersion | None:
    """The version for a class that begins on `day` in `region`, or None when no rule is in force then."""
    versions = {each.number: each for each in syllabus.versions.select_related("region")}
    chosen = in_force(map(dated, versions.values()), region.code, day)
    return versions[chosen.number] if chosen else None


def dated(version: SyllabusVersion) -> Dated:
    """For the rules; the version's region must be loaded with it."""
    region = version.region.code if version.region else ""
    return Dated(version.number, region, version.in_force_from, version.in_force_to)


def listed_syllabi(day: date, *, words: str = "", category: str = "") -> list[ListedSyllabus]:
    """Syllabi in force on `day` or coming, by name; those whose name, trade or code holds `words`. Three queries."""
    versions = SyllabusVersion.objects.select_related("region").order_by("number")
    found = Syllabus.objects.prefetch_related(Prefetch("versions", queryset=versions)).order_by("pk")
    if category:
        found = found.filter(category=category)
    for word in words.split():
        found = found.filter(
            Q(name_zh__icontains=word) | Q(name_en__icontains=word) | Q(trade__icontains=word) | Q(code__icontains=word)
        )
    chosen = [(each, _shown(each.versions.all(), day)) for each in found]
    hours = _hours_of(version for _, shown in chosen for version, _ in shown)
    return [
        ListedSyllabus(each, tuple(VersionHours(version, hours[version.pk], state) for version, state in shown))
        for each, shown in chosen
        if shown
    ]


def versions_of(syllabus: Syllabus, day: date) -> list[VersionHours]:
    """Every version that was written, newest first."""
    versions = list(syllabus.versions.select_related("region").order_by("-number"))
    hours = _hours_of(versions)
    return [VersionHours(each, hours[each.pk], _state(each, versions, day)) for each in versions]


def version_shown(versions: Sequence[VersionHours], number: int | None) -> VersionHours:
    """The version with this number; without one that in force everywhere, else the newest. Raises SyllabusNotFound."""
    if number is not None:
        found = next((each for each in versions if each.version.number == number), None)
    else:
        in_force_now = [each for each in versions if each.state == IN_FORCE]
        everywhere = [each for each in in_force_now if each.version.region is None]
        found = next(iter([*everywhere, *in_force_now, *versions]), None)
    if found is None:
        raise SyllabusNotFound(str(number))
    return found


def version_written(text: str) -> SyllabusVersion | None:
    """The version with the uuid that a page made for it, if it was written."""
    try:
        uuid = UUID(text)
    except ValueError:
        return None
    return SyllabusVersion.objects.select_related("syllabus").filter(uuid=uuid).first()


def plan_of(version: SyllabusVersion) -> VersionPlan:
    """What was written, as the rules take it. Two queries."""
    modules = Module.objects.filter(syllabus_version=version).prefetch_related("requirements").order_by("ordinal")
    return VersionPlan(
        in_force_from=version.in_force_from,
        in_force_to=version.in_force_to,
        online_minutes=version.online_minutes,
        classroom_minutes=version.classroom_minutes,
        workshop_minutes=version.workshop_minutes,
        online_share_percent=version.online_share_percent,
        daily_cap_hours=version.daily_cap_hours,
        source=version.source,
        modules=tuple(
            ModulePlan(each.name_zh, each.name_en, tuple(Asked(r.kind, r.hours) for r in each.requirements.all()))
            for each in modules
        ),
    )


def _judges_nobody_near(viewer: Viewer) -> bool:
    """Whoever works for an institution does not write the rules that it is judged by."""
    return isinstance(viewer, User) and not institutions_of(viewer).exists()


def _shown(versions: Iterable[SyllabusVersion], day: date) -> list[tuple[SyllabusVersion, str]]:
    """What is in force of a syllabus; where nothing is, what will be."""
    known = list(versions)
    states = [(each, _state(each, known, day)) for each in known]
    shown = [each for each in states if each[1] == IN_FORCE] or [each for each in states if each[1] == LATER]
    return sorted(shown, key=lambda each: each[0].region.code if each[0].region else "")


def _state(version: SyllabusVersion, versions: Iterable[SyllabusVersion], day: date) -> str:
    own = dated(version)
    if day < own.in_force_from:
        return LATER
    return IN_FORCE if in_force(map(dated, versions), own.region, day) == own else REPLACED


def _hours_of(versions: Iterable[SyllabusVersion]) -> dict[int, tuple[Decimal, ...]]:
    keys = [each.pk for each in versions]
    summed = (
        Requirement.objects.filter(module__syllabus_version__in=keys)
        .values_list("module__syllabus_version", "kind")
        .annotate(hours=Sum("hours"))
    )
    hours = {(key, kind): total for key, kind, total in summed}
    return {key: tuple(hours.get((key, kind), Decimal(0)) for kind in KINDS) for key in keys}
