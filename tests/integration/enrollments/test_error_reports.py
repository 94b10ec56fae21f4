"""An identity number on a list stays out of what Django shows or mails when something breaks beneath it."""

import sys
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from django.views.debug import ExceptionReporter

from lms.accounts import sealing
from lms.enrollments.actions import add_participant, check_roster, confirm_import, rosters, run_import
from lms.enrollments.models import RosterImport
from lms.enrollments.rules import roster as rules
from lms.enrollments.views import imports
from tests.integration.enrollments.lists import cells, csv, number, people
from tests.integration.exams.builders import NOON, Ground


def break_down(*args: object, **kwargs: object) -> None:
    raise RuntimeError("the disk is full")


def report_of(call: Callable[[], object]) -> str:
    try:
        call()
    except RuntimeError:
        reporter = ExceptionReporter(RequestFactory().get("/"), *sys.exc_info())
        frames = reporter.get_traceback_data()["frames"]
        return repr([frame["vars"] for frame in frames if "test_error_reports" not in frame["filename"]])
    raise AssertionError("nothing broke")


def add(ground: Ground) -> object:
    return add_participant(
        by=ground.bob,
        at=NOON,
        uuid=uuid4(),
        training_class=ground.training_class,
        name="李",
        identity_number=number(1),
        phone="13900000001",
    )


def check(ground: Ground) -> RosterImport:
    return check_roster(
        by=ground.bob, at=NOON, uuid=uuid4(), training_class=ground.training_class, filename="l", rows=people(2, 1)
    )


def test_a_report_of_a_broken_addition_holds_no_number(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    reports = []
    for module, name in ((sealing, "mac"), (sealing, "seal"), (rules, "normalised_phone")):
        with monkeypatch.context() as broken:
            broken.setattr(module, name, break_down)
            reports.append(report_of(lambda: add(ground)))

    assert all("********************" in each for each in reports)
    assert [each for each in reports if number(1) in each] == []


def test_a_report_of_a_broken_import_holds_no_number(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    roster = check(ground)
    confirm_import(by=ground.bob, at=NOON, roster=roster)
    monkeypatch.setattr(rosters, "record_many", break_down)

    report = report_of(lambda: run_import(clock=lambda: NOON, uuid=roster.uuid))

    assert "********************" in report
    assert number(1) not in report


def test_a_report_of_a_broken_upload_holds_no_number(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "normalised_phone", break_down)
    request = RequestFactory().post("/")
    request.user = ground.bob  # type: ignore[attr-defined]

    file = SimpleUploadedFile("l.csv", csv(cells(1)))
    report = report_of(lambda: imports._check(request, ground.training_class, uuid4(), file))

    assert "********************" in report
    assert number(1) not in report
