"""Loads the syllabi that come as data. Running it again changes nothing: each version has a fixed uuid."""

from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from lms.accounts.queries import Viewer
from lms.enrollments.actions.syllabi import create_syllabus, create_syllabus_version
from lms.enrollments.models import SyllabusVersion
from lms.enrollments.rules import syllabus_data
from lms.enrollments.rules.syllabus import VersionPlan
from lms.enrollments.rules.syllabus_data import SyllabusData


def load_syllabi(*, by: Viewer | None, at: datetime) -> SyllabusVersion:
    """The whole table of syllabi; returns the low-voltage electrician's first training, which comes first in it."""
    with transaction.atomic():
        low_voltage, *_others = [_load(by, at, data, plan) for data, plan in syllabus_data.LOADED]
    return low_voltage


def load_short_syllabus(*, by: Viewer | None, at: datetime, video_ms: int, reading_ms: int) -> SyllabusVersion:
    """The short syllabus, asking for slightly less than these measured lengths; once written, it stays."""
    plan = syllabus_data.demo_plan(video_ms=video_ms, reading_ms=reading_ms)
    return _load(by, at, syllabus_data.DEMO_SHORT, plan)


def _load(by: Viewer | None, at: datetime, data: SyllabusData, plan: VersionPlan) -> SyllabusVersion:
    fields = asdict(data)
    version_uuid = fields.pop("version_uuid")
    with transaction.atomic():
        syllabus = create_syllabus(by=by, at=at, **fields)
        return create_syllabus_version(by=by, at=at, uuid=version_uuid, syllabus=syllabus, plan=plan)
