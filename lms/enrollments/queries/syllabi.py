"""Reading syllabi. They are public: whoever must follow a rule may read it."""

from datetime import date

from lms.enrollments.models import Syllabus, SyllabusVersion
from lms.enrollments.rules.syllabus import Dated, in_force
from lms.institutions.models import Region


class SyllabusNotFound(LookupError):
    """No syllabus has this code."""


def syllabus_by_code(code: str) -> Syllabus:
    found = Syllabus.objects.filter(code=code).first()
    if found is None:
        raise SyllabusNotFound(code)
    return found


def version_in_force(syllabus: Syllabus, region: Region, day: date) -> SyllabusVersion | None:
    """The version for a class that begins on `day` in `region`, or None when no rule is in force then."""
    versions = {each.number: each for each in syllabus.versions.select_related("region")}
    dated = [
        Dated(each.number, each.region.code if each.region else "", each.in_force_from, each.in_force_to)
        for each in versions.values()
    ]
    chosen = in_force(dated, region.code, day)
    return versions[chosen.number] if chosen else None
