"""What tests of the roster stand on beside `papers_world`: teachers, certificates, applications.

Tilda teaches at Bob's school below Vera. Dora runs a school of another region, whose authority is Wang; Root is an
administrator. Nobody has a file yet. The one trade that a syllabus knows is `electrician`.
"""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from django.test import Client
from django.utils import timezone

from lms.accounts.models import Role, User
from lms.institutions.actions import certify_teacher, join_institution
from lms.institutions.models import Institution, TeacherCertificate
from lms.teachers.actions.files import accept_application, apply_for_file
from lms.teachers.models import FileApplication
from tests.faces import picture
from tests.integration.exams.builders import NOON, REPORTED, make_person
from tests.integration.oversight.papers_world import Papers

SINCE = date(2015, 6, 1)


def today() -> date:
    """The installation's, which is tomorrow in UTC for eight hours of each day."""
    return timezone.localdate(timezone=timezone.get_default_timezone())


def browser(person: User) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.force_login(person)
    return client


def tilda() -> User:
    return User.objects.get(email="tilda@example.test")


def another_teacher(papers: Papers, name: str, at: Institution | None = None) -> User:
    person = make_person(name, Role.TEACHER)
    join_institution(by=None, at=REPORTED, person=person, institution=at or papers.ground.school)
    return person


def certify(person: User, number: str, *, begins: int = -30, ends: int = 300) -> TeacherCertificate:
    """Valid from so many days from today on, until so many."""
    term = {"valid_from": today() + timedelta(days=begins), "valid_to": today() + timedelta(days=ends)}
    return certify_teacher(by=None, at=REPORTED, uuid=uuid4(), person=person, number=number, **term)


def applied(person: User, **changes: Any) -> FileApplication:
    """By the teacher themself, unless something else is given."""
    given: dict[str, Any] = {
        "by": person,
        "at": NOON,
        "uuid": uuid4(),
        "institution": None,
        "trades": ["electrician"],
        "practising_since": SINCE,
        "qualifications": "高级工程师",
        "photo": picture(),
        **changes,
    }
    return apply_for_file(person=person, **given)


def filed(papers: Papers, person: User, **changes: Any) -> FileApplication:
    """Applied for, and accepted by Vera."""
    return accept_application(by=papers.ground.vera, at=NOON, application=applied(person, **changes))
