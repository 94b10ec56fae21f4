"""The demo's province has opened this year for its teachers, with two online lessons; one claim waits for an answer.

Made by the people who would make it, once a calendar year: what was done with it since stays.
"""

import io
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from PIL import Image, ImageDraw

from courses.models import LessonVersion
from lms.accounts.models import User
from lms.enrollments.models import SyllabusVersion
from lms.enrollments.rules.syllabus_data import TEACHERS_YEAR
from lms.hours.queries.clocks import ZONE, today
from lms.institutions.models import Institution
from lms.teachers.actions import claim_hours, open_year
from lms.teachers.models import EducationYear

CAPS = (24, 16, None, 8, 8)
"""Class hours of each category of the syllabus, in its order."""
CARRIED_OVER = Decimal(10)
SEMINARS = 2
CLAIMED_DAYS_AGO = 3
PAPER, INK, SEAL = (250, 248, 240), (70, 84, 90), (178, 44, 36)
WIDTH, HEIGHT = 900, 640


def open_teaching_year(
    *,
    at: datetime,
    authority: User,
    teacher: User,
    host: Institution,
    lessons: Sequence[LessonVersion],
    demo_id: Callable[[str], UUID],
) -> None:
    """`host` stands below a province; the authority of that province opens and the teacher claims."""
    year, province = today(at).date.year, host.region.parent or host.region
    if EducationYear.objects.filter(region=province, year=year).exists():
        return
    version = SyllabusVersion.objects.get(uuid=TEACHERS_YEAR[0].version_uuid)
    modules = list(version.modules.order_by("ordinal"))
    opened = open_year(
        by=authority,
        at=at,
        uuid=demo_id(f"teachers' year {year}"),
        region=province,
        year=year,
        institution=host,
        syllabus_version=version,
        title=f"{year} 年安全培训教师继续教育",
        place="安平市学府路 12 号教学楼 301",
        make_up_until=date(year + 1, 6, 30),
        carry_over_hours_max=CARRIED_OVER,
        caps=[(module, Decimal(hours)) for module, hours in zip(modules, CAPS, strict=True) if hours is not None],
        lessons=[(modules[0], version) for version in lessons],
    )
    _claim(at, teacher, opened, demo_id)


def _claim(at: datetime, teacher: User, opened: EducationYear, demo_id: Callable[[str], UUID]) -> None:
    """A morning of a seminar, a few days ago. In the first days of a year there was none yet."""
    day = today(at).date - timedelta(days=CLAIMED_DAYS_AGO)
    if day.year != opened.year:
        return
    claim_hours(
        by=teacher,
        at=at,
        uuid=demo_id(f"claim {opened.year}"),
        education_year=opened,
        module=opened.training_class.syllabus_version.modules.get(ordinal=SEMINARS),
        kind="classroom",
        from_at=datetime.combine(day, time(9), ZONE),
        to_at=datetime.combine(day, time(12), ZONE),
        title="全省安全培训教师研修班（第三期）",
        place="云岭省安全生产宣传教育中心",
        evidence=[("研修班结业证明.png", certificate())],
        text="上午三节：成人教学法、案例教学、课堂应急演练组织。",
    )


def certificate() -> bytes:
    """A drawn sheet of paper with lines and a seal: no real document."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(image)
    draw.rectangle((28, 28, WIDTH - 28, HEIGHT - 28), outline=INK, width=6)
    draw.rectangle((44, 44, WIDTH - 44, HEIGHT - 44), outline=INK, width=2)
    draw.rounded_rectangle((260, 96, 640, 148), radius=8, fill=INK)
    for line, right in enumerate((780, 780, 700, 520)):
        draw.rounded_rectangle((120, 220 + line * 62, right, 238 + line * 62), radius=9, fill=(176, 184, 186))
    draw.ellipse((620, 410, 790, 580), outline=SEAL, width=8)
    draw.regular_polygon((705, 495, 42), 5, rotation=0, fill=SEAL)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
