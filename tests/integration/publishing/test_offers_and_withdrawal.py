"""What an institution may plan, what it offers, what is withdrawn, and how versions are compared."""

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from courses.actions.pages import create_centre, create_chapter, create_textbook, publish
from courses.models import LessonVersion
from lms.audit.models import Event
from lms.enrollments.actions import ClassRefused, plan_class
from lms.enrollments.actions.aims import aim_lesson
from lms.enrollments.models import Module, Requirement, Syllabus, SyllabusVersion
from lms.enrollments.queries.aims import reach_of
from lms.institutions.actions.offers import OfferRefused, end_offer, offer_course
from lms.institutions.actions.reviews import approve
from lms.institutions.actions.withdrawals import NotTheirsToWithdraw, restore, withdraw, withdraw_course
from lms.institutions.models.publishing import ReasonMissing
from lms.institutions.queries import InstitutionNotFound, plannable_shelves, plannable_versions
from tests.integration.courses.builders import section
from tests.integration.publishing.stage import Stage, browser, fresh, rewrite, submitted
from tests.world import NOON


@pytest.fixture
def published(stage: Stage) -> Stage:
    """A chapter of each institution and a unified one are live."""
    for part in (stage.bobs, stage.ninas):
        approve(by=stage.rita, at=NOON, review=submitted(part))
    centre = create_centre(by=None, at=NOON, slug="unified", title="统编")
    book = create_textbook(by=None, at=NOON, parent=centre, slug="book", title="统编教材")
    sections = [section("一", "统编正文。")]
    page = create_chapter(by=None, at=NOON, parent=book, uuid=uuid.uuid4(), slug="u", title="统编章", sections=sections)
    publish(by=None, at=NOON, page=page)
    return stage


def a_module() -> Module:
    syllabus = Syllabus.objects.create(
        code="test", category="special", trade="", training="initial", name_zh="低压电工", name_en="Low voltage"
    )
    version = SyllabusVersion.objects.create(syllabus=syllabus, number=1, in_force_from=date(2026, 1, 1))
    module = Module.objects.create(syllabus_version=version, ordinal=1, name_zh="理论", name_en="Theory")
    Requirement.objects.create(module=module, kind="online", hours=Decimal("1"))
    return module


def titles(stage: Stage) -> list[str]:
    return [version.title for version in plannable_versions(stage.bobs.staff, stage.bobs.institution)]


def test_an_institution_plans_its_own_and_unified_lessons(published: Stage) -> None:
    assert titles(published) == ["高处作业", "统编章"]


def test_an_offered_course_can_be_planned_until_the_offer_ends(published: Stage) -> None:
    nina, book = published.ninas.staff, published.ninas.textbook
    offer = offer_course(by=nina, at=NOON, uuid=uuid.uuid4(), page=book, to=published.bobs.institution)
    again = offer_course(by=nina, at=NOON, uuid=uuid.uuid4(), page=book, to=published.bobs.institution)

    during = plannable_shelves(published.bobs.staff, published.bobs.institution)
    end_offer(by=nina, at=NOON, offer=offer)

    assert again == offer
    assert [(shelf.source, shelf.owner) for shelf in during] == [
        ("own", "安技校"),
        ("offered", "宏远校"),
        ("unified", ""),
    ]
    assert titles(published) == ["高处作业", "统编章"]


def test_a_class_is_planned_with_lessons_of_others_only_while_they_are_offered(published: Stage) -> None:
    module = a_module()
    theirs = published.ninas.chapter.lesson.versions.get()
    plan: dict[str, Any] = {
        "by": published.bobs.staff,
        "at": NOON,
        "institution": published.bobs.institution,
        "syllabus_version": module.syllabus_version,
        "title": "第一期",
        "starts_on": date(2026, 4, 1),
        "ends_on": date(2026, 5, 1),
    }

    with pytest.raises(ClassRefused, match="lesson_of_others"):
        plan_class(**plan, uuid=uuid.uuid4(), lessons=[(module, theirs)])
    offer_course(
        by=published.ninas.staff,
        at=NOON,
        uuid=uuid.uuid4(),
        page=published.ninas.textbook,
        to=published.bobs.institution,
    )
    planned = plan_class(**plan, uuid=uuid.uuid4(), lessons=[(module, theirs)])

    assert planned.lessons.count() == 1


def test_only_the_owner_offers_and_not_to_itself(published: Stage) -> None:
    book, own = published.ninas.textbook, published.ninas.institution

    with pytest.raises(PermissionDenied):
        offer_course(by=published.bobs.staff, at=NOON, uuid=uuid.uuid4(), page=book, to=published.bobs.institution)
    with pytest.raises(OfferRefused, match="own_institution"):
        offer_course(by=published.ninas.staff, at=NOON, uuid=uuid.uuid4(), page=book, to=own)


def test_strangers_plan_nothing(published: Stage) -> None:
    for person in (published.ninas.staff, published.charlie, published.rita):
        with pytest.raises(InstitutionNotFound):
            plannable_versions(person, published.bobs.institution)


def test_the_owner_offers_on_the_page(published: Stage) -> None:
    page = reverse("offers", args=[published.ninas.textbook.pk])
    said = {"uuid": str(uuid.uuid4()), "to": str(published.bobs.institution.uuid)}

    browser(published.ninas.staff).post(page, said)

    assert "秘密草稿" in titles(published)


def test_a_withdrawn_lesson_leaves_the_plans_and_keeps_its_versions(published: Stage) -> None:
    lesson = published.bobs.chapter.lesson

    withdraw(by=published.bobs.staff, at=NOON, lesson=lesson, reason="有误")
    gone = titles(published)
    restore(by=published.authority, at=NOON, lesson=lesson, reason="已核")

    assert gone == ["统编章"]
    assert titles(published) == ["高处作业", "统编章"]
    assert LessonVersion.objects.filter(lesson=lesson).count() == 1
    assert list(
        Event.objects.filter(verb__in=["lesson.withdrawn", "lesson.restored"])
        .order_by("pk")
        .values_list("by", flat=True)
    ) == [published.bobs.staff.pk, published.authority.pk]


def test_withdrawing_needs_a_reason_and_the_right(published: Stage) -> None:
    lesson = published.bobs.chapter.lesson

    with pytest.raises(ReasonMissing):
        withdraw(by=published.bobs.staff, at=NOON, lesson=lesson, reason=" ")
    for person in (published.ninas.staff, published.rita, published.charlie):
        with pytest.raises(NotTheirsToWithdraw):
            withdraw(by=person, at=NOON, lesson=lesson, reason="有误")
        with pytest.raises(NotTheirsToWithdraw):
            withdraw_course(by=person, at=NOON, page=published.bobs.textbook, reason="有误")


def test_a_course_is_withdrawn_with_all_its_lessons(published: Stage) -> None:
    page = reverse("withdraw_course", args=[published.bobs.textbook.pk])

    answer = browser(published.bobs.staff).post(page, {"reason": "教材过时"})

    assert answer.status_code == 302
    assert titles(published) == ["统编章"]


def test_two_versions_stand_side_by_side(published: Stage) -> None:
    rewrite(published.bobs, "高处作业的正文，先系安全带。换了一句。")
    approve(by=published.rita, at=NOON, review=submitted(published.bobs))

    body = browser(published.authority).get(
        reverse("compare_versions", args=[published.bobs.chapter.lesson.uuid]) + "?old=1&new=2"
    )

    assert "<del>再上梯子。</del>" in body.content.decode()
    assert "<ins>换了一句。</ins>" in body.content.decode()


def test_a_lesson_is_measured_against_the_module_that_it_is_meant_for(published: Stage) -> None:
    module = a_module()
    lesson = published.bobs.chapter.lesson
    aim_lesson(by=fresh(published.bobs.staff), at=NOON, lesson=lesson, module=module)

    reach = reach_of(lesson, 900_000)

    assert reach is not None
    assert (reach.required_hours, reach.lesson_hours, reach.missing_hours) == (
        Decimal("1.000"),
        Decimal("0.50"),
        Decimal("0.50"),
    )
    with pytest.raises(PermissionDenied):
        aim_lesson(by=fresh(published.ninas.staff), at=NOON, lesson=lesson, module=module)
