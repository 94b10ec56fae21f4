"""Syllabi as data: the hours of a trade, module by module, with their source. Nothing here decides anything.

`LOADED` is the table that an installation begins with; what is not confirmed says so in its source, where everybody
can read it. Where no table of modules is at hand the modules are theory and practice, and the theory is split at the
largest online share that is lawful (AQ 8011-2023: at least 30 % in a classroom, practice never online; 30 minutes a
class hour online, 45 in a classroom). A low-voltage electrician's 88 hours of theory so become 61 online and 27 not.
The short syllabus lets a visitor walk the whole way in minutes: a class hour of one minute, hours from the measured
length of its lessons.
"""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from uuid import UUID, uuid5

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


Loaded = tuple[SyllabusData, VersionPlan]

# Code, Chinese, English; in the order in which lists show them. What has another code is shown last, under it.
CATEGORIES = (
    ("special-operator", "特种作业人员", "Special operators"),
    ("principal", "主要负责人和安全生产管理人员", "Principals and safety managers"),
    ("new-employee", "新上岗从业人员", "New employees"),
    ("teacher", "安全培训教师", "Safety training teachers"),
)

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
AQ_8011_FROM = date(2024, 7, 1)
ONLINE_SHARE_PERCENT = 70


def _plan(source: str, modules: tuple[ModulePlan, ...]) -> VersionPlan:
    return VersionPlan(
        in_force_from=AQ_8011_FROM,
        in_force_to=None,
        online_minutes=30,
        classroom_minutes=45,
        workshop_minutes=45,
        online_share_percent=ONLINE_SHARE_PERCENT,
        daily_cap_hours=Decimal(8),
        source=source,
        modules=modules,
    )


def _module(name_zh: str, name_en: str, online: int, classroom: int, workshop: int) -> ModulePlan:
    hours = ((ONLINE, online), (CLASSROOM, classroom), (WORKSHOP, workshop))
    return ModulePlan(name_zh, name_en, tuple(Asked(kind, Decimal(each)) for kind, each in hours if each))


LOW_VOLTAGE_PLAN = _plan(
    "AQ 8011-2023；低压电工作业安全技术培训大纲", tuple(_module(*each) for each in _LOW_VOLTAGE_MODULES)
)

# The code of the trade, Chinese, English, class hours of theory and of practice (initial training).
_TRADES = (
    ("low-voltage-electrician", "低压电工作业", "Low-voltage electrician", 88, 60),
    ("high-voltage-electrician", "高压电工作业", "High-voltage electrician", 82, 72),
    ("power-cable", "电力电缆作业", "Power-cable work", 64, 40),
    ("relay-protection", "继电保护作业", "Relay protection", 74, 50),
    ("electrical-test", "电气试验作业", "Electrical testing", 56, 70),
    ("explosion-proof-electrician", "防爆电气作业", "Explosion-proof electrician", 60, 22),
    ("fusion-welding", "熔化焊接与热切割作业", "Fusion welding and thermal cutting", 68, 40),
    ("pressure-welding", "压力焊作业", "Pressure welding", 68, 40),
    ("brazing", "钎焊作业", "Brazing", 68, 40),
    ("scaffolding", "登高架设作业", "Scaffolding", 40, 60),
)
_SPLIT = "线上与面授按 AQ 8011-2023 上限划分，分模块学时待核实 / split into modules unconfirmed"
_TRADE_SOURCE = f"特种作业人员安全技术培训大纲（理论＋实操总学时）；{_SPLIT}"
_REVIEW_SOURCE = f"特种作业人员复审培训不少于 8 学时；{_SPLIT}"
_UNIT_SOURCE = f"生产经营单位安全培训规定（总学时）；{_SPLIT}"
_UNCONFIRMED_SOURCE = f"{_UNIT_SOURCE}；24 学时未经核实 / 24 hours unconfirmed"
REVIEW_HOURS = 8

_PRINCIPALS_ZH, _PRINCIPALS_EN = "主要负责人和安全生产管理人员", "principals and safety managers"
# Code, category, kind of training, Chinese, English, class hours of theory, source.
_OTHERS = (
    (
        *("principal-high-hazard", "principal", "initial"),
        *(f"高危行业{_PRINCIPALS_ZH}", f"High-hazard {_PRINCIPALS_EN}", 48, _UNIT_SOURCE),
    ),
    (
        *("principal-high-hazard-yearly", "principal", "refresher"),
        *(f"高危行业{_PRINCIPALS_ZH}", f"High-hazard {_PRINCIPALS_EN}", 16, _UNIT_SOURCE),
    ),
    (
        *("principal", "principal", "initial"),
        *(f"其他单位{_PRINCIPALS_ZH}", f"Other {_PRINCIPALS_EN}", 32, _UNIT_SOURCE),
    ),
    (
        *("principal-yearly", "principal", "refresher"),
        *(f"其他单位{_PRINCIPALS_ZH}", f"Other {_PRINCIPALS_EN}", 12, _UNIT_SOURCE),
    ),
    (
        *("new-employee-high-hazard", "new-employee", "initial"),
        *("高危行业新上岗从业人员", "New employees in high-hazard units", 72, _UNIT_SOURCE),
    ),
    (
        *("new-employee-high-hazard-yearly", "new-employee", "refresher"),
        *("高危行业从业人员", "Employees in high-hazard units", 20, _UNIT_SOURCE),
    ),
    (
        *("new-employee", "new-employee", "initial"),
        *("其他单位新上岗从业人员", "New employees in other units", 24, _UNCONFIRMED_SOURCE),
    ),
)
_NAMESPACE = UUID("5b1d0d5e-6d5c-4a1f-9c52-0a8f6a0c0000")


def _theory(hours: int) -> ModulePlan:
    online = hours * ONLINE_SHARE_PERCENT // 100
    return _module("安全生产理论", "Safety theory", online, hours - online, 0)


def _initial_trade(code: str, name_zh: str, name_en: str, theory: int, practice: int) -> Loaded:
    data = SyllabusData(
        code=code,
        category="special-operator",
        trade=code,
        training="initial",
        name_zh=f"{name_zh}（初次培训）",
        name_en=f"{name_en} (initial training)",
        version_uuid=uuid5(_NAMESPACE, code),
    )
    return data, _plan(_TRADE_SOURCE, (_theory(theory), _module("实际操作", "Practice", 0, 0, practice)))


def _review_of_trade(code: str, name_zh: str, name_en: str) -> Loaded:
    data = SyllabusData(
        code=f"{code}-review",
        category="special-operator",
        trade=code,
        training="refresher",
        name_zh=f"{name_zh}（复审培训）",
        name_en=f"{name_en} (review)",
        version_uuid=uuid5(_NAMESPACE, f"{code}-review"),
    )
    return data, _plan(_REVIEW_SOURCE, (_theory(REVIEW_HOURS),))


def _other(code: str, category: str, training: str, name_zh: str, name_en: str, hours: int, source: str) -> Loaded:
    zh, en = ("初次培训", "initial training") if training == "initial" else ("每年再培训", "every year")
    data = SyllabusData(
        code=code,
        category=category,
        trade="",
        training=training,
        name_zh=f"{name_zh}（{zh}）",
        name_en=f"{name_en} ({en})",
        version_uuid=uuid5(_NAMESPACE, code),
    )
    return data, _plan(source, (_theory(hours),))


# The categories of a teacher's year, and what kinds of hours each takes; asked are forty of all of them together.
_CATEGORIES_OF_A_YEAR = (
    ("网络课程", "Online courses", 20, 0, 0),
    ("研修班", "Seminars", 0, 8, 0),
    ("实践与研讨", "Workshops", 0, 0, 4),
    ("示范课", "Demonstration lessons", 0, 4, 0),
    ("课件竞赛", "Courseware contests", 0, 0, 4),
)
TEACHERS_YEAR: Loaded = (
    SyllabusData(
        code="teachers-year",
        category="teacher",
        trade="",
        training="continuing",
        name_zh="安全培训教师继续教育（每年）",
        name_en="Continuing education of safety training teachers (every year)",
        version_uuid=uuid5(_NAMESPACE, "teachers-year"),
    ),
    _plan(
        "云南省安全生产培训教师继续教育每年不少于 40 学时（2016）；类别与分配待核实 / categories unconfirmed",
        tuple(_module(*each) for each in _CATEGORIES_OF_A_YEAR),
    ),
)

LOADED: tuple[Loaded, ...] = (
    (LOW_VOLTAGE, LOW_VOLTAGE_PLAN),
    *(_initial_trade(*trade) for trade in _TRADES if trade[0] != LOW_VOLTAGE.code),
    *(_review_of_trade(*trade[:3]) for trade in _TRADES),
    *(_other(*each) for each in _OTHERS),
    TEACHERS_YEAR,
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
        in_force_from=AQ_8011_FROM,
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
