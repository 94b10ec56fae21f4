"""Two provinces with a school each, one exam office, and clients that read for them.

Alice learns in province 99, Dan in a county of it, Eve in province 98. The exam office is in province 99.
"""

import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.test import Client as Browser

from lms.accounts.models import Role, User
from lms.enrollments.actions import accept_class, enroll, report_class
from lms.enrollments.models import Enrollment
from lms.exchange.actions.clients import NewClient, create_client
from lms.exchange.rules.scopes import SCOPES
from lms.institutions.actions import add_region, join_institution, open_institution, post_authority
from lms.institutions.models import Institution, Region
from tests.integration.exams.builders import REPORTED, Ground, make_ground, make_person, plan

TOKEN = "/identity/o/api/token"


@dataclass
class Lands:
    """`ground` is all of province 99 and the exam office."""

    ground: Ground
    province: Region
    county: Region
    other: Region
    dan: User
    dans: Enrollment
    eve: User
    eves: Enrollment


def make_lands() -> Lands:
    ground = make_ground()
    province = ground.school.region
    county = add_region(by=None, at=REPORTED, code="9901", name_zh="安平县", name_en="Anping", parent=province)
    other = add_region(by=None, at=REPORTED, code="98", name_zh="海东省", name_en="Haidong")
    dan, eve = make_person("dan", Role.LEARNER, serial=11), make_person("eve", Role.LEARNER, serial=12)
    return Lands(
        ground,
        province,
        county,
        other,
        dan,
        _in_a_class(ground, county, dan, "county"),
        eve,
        _in_a_class(ground, other, eve, "other"),
    )


def _in_a_class(ground: Ground, region: Region, learner: User, name: str) -> Enrollment:
    """The learner in an accepted class of a school of their own, with the syllabus of `ground`."""
    school = open_institution(by=None, at=REPORTED, kind="training", name_zh=f"{name}校", region=region)
    boss, vera = make_person(f"boss-{name}", Role.INSTITUTION), make_person(f"vera-{name}", Role.AUTHORITY)
    join_institution(by=None, at=REPORTED, person=boss, institution=school)
    join_institution(by=None, at=REPORTED, person=make_person(f"t-{name}", Role.TEACHER), institution=school)
    post_authority(by=None, at=REPORTED, person=vera, region=region)
    training_class = plan(boss, school, ground.version, [(ground.theory, ground.video)])
    report_class(by=boss, at=REPORTED, training_class=training_class)
    training_class = accept_class(by=vera, at=REPORTED, training_class=training_class)
    return enroll(by=boss, at=REPORTED, uuid=uuid.uuid4(), learner=learner, training_class=training_class)


def client_of(body: Region | Institution, *scopes: str) -> NewClient:
    whose: dict[str, Any] = {"region": body} if isinstance(body, Region) else {"institution": body}
    return create_client(by=None, at=REPORTED, uuid=uuid.uuid4(), name="考试系统", scopes=scopes or SCOPES, **whose)


def ask_for_token(made: NewClient, **form: str) -> Any:
    fields = {
        "grant_type": "client_credentials",
        "client_id": made.client.client_id,
        "client_secret": made.secret or "",
        **form,
    }
    return Browser().post(TOKEN, urlencode(fields), content_type="application/x-www-form-urlencoded")


class Reader:
    """A program with a token."""

    def __init__(self, made: NewClient, **form: str) -> None:
        self.made = made
        self.token = ask_for_token(made, **form).json()["access_token"]
        self.browser = Browser(headers={"Accept-Language": "en"})

    def get(self, path: str, **query: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.browser.get(f"/api/v1/exchange/{path}", query, headers=headers)

    def hours(self, **query: Any) -> Any:
        return self.get("hours", **query).json()


def reader_for(body: Region | Institution, *scopes: str) -> Reader:
    return Reader(client_of(body, *scopes))
