"""An identity number stays out of what Django shows or mails when something breaks beneath it."""

import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.test import RequestFactory
from django.views.debug import ExceptionReporter

from lms.accounts import actions, sealing
from lms.accounts.actions import create_person, set_identity
from lms.accounts.models import User
from lms.accounts.queries import person_by_identity_number
from tests.integration.people.made_up import AT

NUMBER = "999999199001010112"
TYPED = " 999999 19900101 0112"
SECRET = "a password in a traceback"


def break_down(*args: Any, **kwargs: Any) -> None:
    raise RuntimeError("the disk is full")


def report_of(call: Callable[[], object]) -> str:
    """Both forms of Django's report, as an installation that does not debug would mail them."""
    try:
        call()
    except RuntimeError:
        reporter = ExceptionReporter(RequestFactory().get("/"), *sys.exc_info())
        frames = reporter.get_traceback_data()["frames"]
        own = [frame["vars"] for frame in frames if "test_error_reports" not in frame["filename"]]
        return repr(own) + repr(sys.exc_info()[1])
    raise AssertionError("nothing broke")


@pytest.mark.parametrize("breaking", ["seal", "mac"])
def test_a_report_of_a_failed_write_holds_neither_number_nor_password(
    ada: User, wang: User, monkeypatch: pytest.MonkeyPatch, breaking: str
) -> None:
    monkeypatch.setattr(sealing, breaking, break_down)

    reports = [
        report_of(lambda: create_person(by=ada, at=AT, email="n@people.test", identity_number=TYPED, password=SECRET)),
        report_of(lambda: set_identity(by=ada, at=AT, person=wang, real_name="x", identity_number=TYPED)),
    ]

    for report in reports:
        assert "********************" in report
        assert NUMBER not in report
        assert TYPED not in report
        assert SECRET not in report


def test_a_report_of_a_failed_look_up_holds_no_number(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "mac", break_down)

    report = report_of(lambda: person_by_identity_number(ada, TYPED))

    assert NUMBER not in report
    assert TYPED not in report


def test_a_report_of_a_failed_save_holds_no_number(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "record", break_down)

    report = report_of(lambda: create_person(by=ada, at=AT, email="n@people.test", identity_number=TYPED))

    assert NUMBER not in report
    assert TYPED not in report
