"""What a paper says, and that no paper is printed on a machine without a Chinese font."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import typst

from lms import printing
from lms.oversight.rules.papers import paper_of, totals_of
from lms.printing import FontMissing, pdf_of, qr_svg

TYPESETTING = Path(__file__).resolve().parents[3] / "lms" / "oversight" / "typesetting"
SNAPSHOT: dict[str, Any] = {
    "name": "张三丰",
    "identity": "000***********0015",
    "syllabus_zh": "低压电工作业",
    "syllabus_en": "Low voltage",
    "syllabus_version": 2,
    "source": "",
    "institution_zh": "安技校",
    "institution_en": "",
    "region_zh": "云岭省",
    "region_en": "Yunling",
    "class_title": "第一期",
    "class_from": "2026-01-05",
    "class_to": "2026-12-31",
    "reported_on": "2026-01-02",
    "first_on": None,
    "last_on": None,
    "completed_on": "2026-03-02",
    "minutes": {"online": 30, "classroom": 45},
    "modules": [
        {
            "name_zh": "理论",
            "name_en": "Theory",
            "kinds": {
                "online": {"required": "1.5", "confirmed": "1.33", "confirmed_ms": 2_399_999},
                "classroom": {"required": "1", "confirmed": "2", "confirmed_ms": 5_400_000},
            },
        },
        {
            "name_zh": "法规",
            "name_en": "Law",
            "kinds": {"online": {"required": "1", "confirmed": "1", "confirmed_ms": 1_800_001}},
        },
    ],
}


def paper(**changes: Any) -> dict[str, Any]:
    fields = {
        "snapshot": SNAPSHOT,
        "kind": "certificate",
        "number": "2026-99-000001",
        "code": "AAAQEAYEAUDAOCAJBIFQ",
        "digest": "0" * 64,
        "issued_on": date(2026, 3, 3),
        "address": "https://example.test/verify/AAAQ",
        "state": "valid",
    }
    return paper_of(**{**fields, **changes})


def test_totals_are_rounded_once_and_down() -> None:
    # 2,399,999 + 1,800,001 ms are 2 hours and a third; the rounded parts would come to 2.33 by chance only.
    assert [(each.kind, each.required, each.confirmed) for each in totals_of(SNAPSHOT)] == [
        ("online", "2.5", "2.33"),
        ("classroom", "1", "2"),
    ]


def test_a_paper_holds_what_the_snapshot_says() -> None:
    data = paper()

    assert data["title_zh"] == "按大纲培训合格证明"
    assert (data["completed_on"], data["first_on"], data["issued_on"]) == (
        "2026 年 3 月 2 日",
        "—",
        "2026 年 3 月 3 日",
    )
    assert data["modules"][1]["hours"] == [{"required": "1", "confirmed": "1"}, None]
    assert data["institution_en"] == "安技校"
    assert data["has_surplus"] is True
    assert data["stamp"] is None


@pytest.mark.parametrize(
    ("teachers", "printed"),
    [
        (None, ""),  # issued before teachers were written down
        (["何老师"], "何老师"),
        (["何老师", "吕老师"], "何老师、吕老师"),
        (list("一二三四五六七八九"), "一、二、三、四、五、六、七、八等 9 人"),
    ],
)
def test_a_paper_names_who_taught(teachers: list[str] | None, printed: str) -> None:
    snapshot = SNAPSHOT if teachers is None else {**SNAPSHOT, "teachers": teachers}

    assert paper(snapshot=snapshot)["teachers"] == printed


@pytest.mark.parametrize(("state", "stamp"), [("revoked", "已撤销"), ("uncovered", "学时已变更")])
def test_a_paper_that_proves_nothing_says_so(state: str, stamp: str) -> None:
    assert paper(state=state)["stamp"]["zh"] == stamp


def test_without_a_chinese_font_nothing_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "fonts", lambda: typst.Fonts(include_system_fonts=False))

    with pytest.raises(FontMissing, match="install the package fonts-noto-cjk"):
        pdf_of(
            TYPESETTING / "certificate.typ",
            paper(),
            address="https://example.test/",
            at=datetime(2026, 3, 3, tzinfo=UTC),
        )


@pytest.mark.parametrize("layout", ["certificate", "record_card"])
def test_what_is_given_to_the_typesetter_is_data(monkeypatch: pytest.MonkeyPatch, layout: str) -> None:
    """A name that is a program in the typesetter's language arrives as a name."""
    monkeypatch.setattr(printing, "missing_families", lambda: ())
    given: dict[str, Any] = {}
    monkeypatch.setattr(typst, "compile", lambda source, **options: given.update(options, source=source) or b"%PDF")
    data = {**paper(), "name": '#panic("x") " \\ ]'}

    printed = pdf_of(
        TYPESETTING / f"{layout}.typ", data, address="https://example.test/", at=datetime(2026, 3, 3, tzinfo=UTC)
    )

    assert printed == b"%PDF"
    assert json.loads(given["sys_inputs"]["data"])["name"] == '#panic("x") " \\ ]'
    assert given["source"].read_text().count("panic") == 0
    assert (given["pdf_standards"], given["timestamp"]) == ("a-2a", 1_772_496_000)


def test_a_qr_code_is_a_picture_of_its_address_alone() -> None:
    assert qr_svg("https://example.test/a").startswith("<svg ")
    assert qr_svg("https://example.test/a") == qr_svg("https://example.test/a")
    assert qr_svg("https://example.test/a") != qr_svg("https://example.test/b")
