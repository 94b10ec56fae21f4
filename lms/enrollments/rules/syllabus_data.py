"""Syllabi as data: the hours of a trade, module by module, with their source. Nothing here decides anything.

Low-voltage electrician, initial training: 88 class hours of theory and 60 of practice; of the theory at most 70 % may
be online (AQ 8011-2023: 30 minutes a class hour online, 45 in a classroom), so 61 online and 27 in a classroom.
The short syllabus lets a visitor walk the whole way in minutes: a class hour of one minute, hours from the measured
length of its lessons.
"""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from uuid import UUID

from lms.enrollments.rules.syllabus import CLASSROOM, ONLINE, WORKSHOP, Asked, ModulePlan, VersionPlan


@dataclass(frozen=True, slots=True)
class SyllabusData:
    code: str
    category: str
    trade: str
    training: str
    name_zh: str
    name_en: str
    version_uuid: UUID


LOW_VOLTAGE = SyllabusData(
    code="low-voltage-electrician",
    category="special-operator",
    trade="low-voltage-electrician",
    training="initial",
    name_zh="低压电工作业（初次培训）",
    name_en="Low-voltage electrician (initial training)",
    version_uuid=UUID("5b1d0d5e-6d5c-4a1f-9c52-0a8f6a0c8011"),
)
DEMO_SHORT = SyllabusData(
    code="demo-short",
    category="special-operator",
    trade="low-voltage-electrician",
    training="refresher",
    name_zh="低压电工作业（三分钟体验）",
    name_en="Low-voltage electrician (three-minute tour)",
    version_uuid=UUID("5b1d0d5e-6d5c-4a1f-9c52-0a8f6a0c0003"),
)

# Module by module: Chinese, English, class hours online, in a classroom, in a workshop.
_LOW_VOLTAGE_MODULES = (
    ("安全生产法律法规与安全管理", "Work-safety law and management", 6, 2, 0),
    ("触电事故与现场救护", "Electric shock and first aid on site", 5, 3, 8),
    ("防触电技术", "Protection against electric shock", 8, 4, 6),
    ("电气防火与防爆", "Electrical fire and explosion", 5, 2, 4),
    ("防雷与防静电", "Lightning and static electricity", 4, 1, 0),
    ("电工基础知识", "Fundamentals of electricity", 9, 3, 0),
    ("电工仪表与测量", "Instruments and measuring", 5, 2, 8),
    ("安全用具与安全标识", "Safety equipment and signs", 4, 2, 6),
    ("手持电动工具与移动式电气设备", "Hand-held tools and mobile equipment", 4, 2, 6),
    ("低压电器与配电装置", "Low-voltage apparatus and distribution", 6, 3, 10),
    ("异步电动机", "Induction motors", 3, 2, 8),
    ("照明电路与电力电容器", "Lighting circuits and power capacitors", 2, 1, 4),
)
LOW_VOLTAGE_PLAN = VersionPlan(
    in_force_from=date(2024, 7, 1),
    in_force_to=None,
    online_minutes=30,
    classroom_minutes=45,
    workshop_minutes=45,
    online_share_percent=70,
    daily_cap_hours=Decimal(8),
    source="AQ 8011-2023；低压电工作业安全技术培训大纲",
    modules=tuple(
        ModulePlan(
            name_zh,
            name_en,
            tuple(
                Asked(kind, Decimal(hours))
                for kind, hours in ((ONLINE, online), (CLASSROOM, classroom), (WORKSHOP, workshop))
                if hours
            ),
        )
        for name_zh, name_en, online, classroom, workshop in _LOW_VOLTAGE_MODULES
    ),
)

# An honest learner loses seconds to pauses and the ends of lessons; the short syllabus asks this much of the length.
DEMO_ASKED_PERCENT = 97
# 240 minutes, as 8 class hours of 30 minutes are.
DEMO_DAILY_CAP_HOURS = Decimal(240)


def demo_hours(length_ms: int) -> Decimal:
    """Class hours of one minute that lessons of this measured length can give, less the margin, rounded down."""
    return (Decimal(length_ms * DEMO_ASKED_PERCENT) / 100 / 60_000).quantize(Decimal("0.001"), rounding=ROUND_FLOOR)


def demo_plan(*, video_ms: int, reading_ms: int) -> VersionPlan:
    """The short syllabus for lessons of these measured lengths (sum of the videos, sum of the chapters)."""
    return VersionPlan(
        in_force_from=date(2024, 7, 1),
        in_force_to=None,
        online_minutes=1,
        classroom_minutes=45,
        workshop_minutes=45,
        online_share_percent=100,
        daily_cap_hours=DEMO_DAILY_CAP_HOURS,
        source="演示 / demonstration",
        modules=(
            ModulePlan("视频课程：安全用电", "Video: working safely with electricity", _online(video_ms)),
            ModulePlan("统编教材：防触电要点", "Textbook: protection against electric shock", _online(reading_ms)),
        ),
    )


def _online(length_ms: int) -> tuple[Asked, ...]:
    return (Asked(ONLINE, demo_hours(length_ms)),)
