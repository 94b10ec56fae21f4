"""The trades that teachers have: those that syllabi know, and the categories of syllabi without a trade."""

from dataclasses import dataclass

from lms.enrollments.models import Syllabus, Training, spoken
from lms.enrollments.rules.syllabus_data import CATEGORIES
from lms.teachers.rules.roster import plain_name


@dataclass(frozen=True, slots=True)
class Trade:
    """What somebody teaches, under the code by which files and syllabi know it."""

    code: str
    name_zh: str
    name_en: str

    @property
    def name(self) -> str:
        """In the language that is being spoken."""
        return spoken(self.name_zh, self.name_en)


def known_trades() -> dict[str, Trade]:
    """Every trade by its code, in the order in which syllabi were written. One query."""
    categories = {code: (zh, en) for code, zh, en in CATEGORIES}
    found: dict[str, Trade] = {}
    # Initial training first: its name is the plainest. What teachers learn themselves is no trade that they teach.
    rows = Syllabus.objects.exclude(training=Training.CONTINUING).order_by("training", "pk")
    for category, trade, zh, en in rows.values_list("category", "trade", "name_zh", "name_en"):
        names = (plain_name(zh), plain_name(en))
        if not trade:
            names = categories.get(category, names)
        code = trade or category
        found.setdefault(code, Trade(code, *names))
    return found


def trade_names() -> dict[str, str]:
    """As `known_trades`, with the name in the language that is being spoken."""
    return {code: each.name for code, each in known_trades().items()}
