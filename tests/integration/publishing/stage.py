"""The two institutions of these tests."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.test import Client
from wagtail.models import Page

from courses.actions.pages import create_chapter, create_textbook
from courses.models import ChapterPage, TextbookPage
from lms.accounts.actions import create_person
from lms.accounts.models import Role, User
from lms.institutions.actions import add_region, join_institution, open_institution, post_authority
from lms.institutions.actions.reviews import submit
from lms.institutions.models import Institution, InstitutionShelf, Region, ReviewState
from tests.integration.courses.builders import section
from tests.world import NOON

PASSWORD = "xueshi-test-2026"


@dataclass
class Part:
    """One institution's own part."""

    institution: Institution
    shelf: InstitutionShelf
    staff: User
    textbook: TextbookPage
    chapter: ChapterPage


@dataclass
class Stage:
    province: Region
    bobs: Part
    ninas: Part
    rita: User
    authority: User
    charlie: User


def make_stage() -> Stage:
    province = add_region(by=None, at=NOON, code="53", name_zh="云岭省", name_en="Yunling")
    authority = make("authority", Role.AUTHORITY)
    post_authority(by=None, at=NOON, person=authority, region=province)
    return Stage(
        province=province,
        bobs=make_part(province, "bob", "安技校", "高处作业"),
        ninas=make_part(province, "nina", "宏远校", "秘密草稿"),
        rita=make("rita", Role.REVIEWER),
        authority=authority,
        charlie=make("charlie", Role.LEARNER),
    )


def make(name: str, *roles: Role) -> User:
    return create_person(
        by=None, at=NOON, email=f"{name}@example.test", real_name=name.title(), password=PASSWORD, roles=roles
    )


def make_part(province: Region, name: str, institution_name: str, title: str) -> Part:
    institution = open_institution(
        by=None, at=NOON, kind="training", name_zh=institution_name, region=province, uuid=uuid.uuid4()
    )
    staff = make(name, Role.INSTITUTION)
    join_institution(by=None, at=NOON, person=staff, institution=institution)
    shelf = InstitutionShelf.objects.get(institution=institution)
    staff = fresh(staff)
    textbook = create_textbook(by=staff, at=NOON, parent=shelf.page, slug="book", title=f"{title}教材")
    chapter = create_chapter(
        by=staff,
        at=NOON,
        parent=textbook,
        uuid=uuid.uuid4(),
        slug="one",
        title=title,
        sections=[section("第一节", f"{title}的正文，先系安全带。再上梯子。")],
    )
    return Part(institution, shelf, staff, textbook, chapter)


def fresh(person: User) -> User:
    """Without the rights that Wagtail remembers on the object."""
    return User.objects.get(pk=person.pk)


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def submitted(part: Part, page: Page | None = None) -> ReviewState:
    state = submit(by=fresh(part.staff), page=page or part.chapter)
    return ReviewState.objects.get(pk=state.current_task_state_id)


def rewrite(part: Part, *texts: str, by: User | None = None, title: str = "") -> ChapterPage:
    """A new draft of the chapter."""
    page: Any = ChapterPage.objects.get(pk=part.chapter.pk).get_latest_revision_as_object()
    page.body = [{"type": "section", "value": section("第一节", *texts)}]
    page.title = title or page.title
    page.save_revision(user=by or part.staff)
    return ChapterPage.objects.get(pk=part.chapter.pk)
