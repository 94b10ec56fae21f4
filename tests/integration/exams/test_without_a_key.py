"""No key can sign: the gate stays closed and says why, nothing is half-done, and it goes on once the key is back."""

import json
import logging
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from lms import signing
from lms.audit.models import Event
from lms.exams.actions import RegistrationRefused, SigningUnavailable, register
from lms.exams.models import Decision, Registration
from lms.exams.views import sittings as views
from lms.wiring.checks import something_can_be_signed
from tests.integration.exams.builders import NOON, Ground, finish
from tests.integration.exams.test_withdrawing import SOON, booked, look, take_away

Break = Callable[[Path], None]


def _unreadable(folder: Path) -> None:
    (folder / "0001.json").write_text("no key of ours")


def _without_private_half(folder: Path) -> None:
    held = json.loads((folder / "0001.json").read_text())
    del held["d"]
    (folder / "0001.json").write_text(json.dumps(held))


def _no_folder(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("a file where the folder should be")


BROKEN: dict[str, Break] = {
    "a key that cannot be read": _unreadable,
    "a key without its private half": _without_private_half,
    "a folder that cannot be read": _no_folder,
}
however = pytest.mark.parametrize("destroy", BROKEN.values(), ids=BROKEN)


@pytest.fixture(autouse=True)
def keys(settings: Any, tmp_path: Path) -> Path:
    """With one key that signs, as long as nobody takes it away."""
    folder = tmp_path / "signing"
    settings.SIGNING_KEYS_DIR = folder
    signing.signing_key(NOON)
    return folder


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock(views.datetime):  # type: ignore[name-defined,misc]
        @classmethod
        def now(cls, tz: object = None) -> object:
            return NOON

    monkeypatch.setattr(views, "datetime", Clock)
    monkeypatch.setattr("lms.api.moments.now", lambda: NOON)


def learner(ground: Ground) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(ground.alice)
    return client


def impossible() -> list[tuple[str, Any, dict[str, str]]]:
    events = Event.objects.filter(verb="decision.impossible").order_by("pk")
    return [(each.subject_id, each.by, each.detail) for each in events]


@however
def test_nothing_is_decided_and_the_log_says_so(
    ground: Ground, keys: Path, destroy: Break, caplog: pytest.LogCaptureFixture
) -> None:
    finish(ground)
    destroy(keys)

    with pytest.raises(SigningUnavailable), caplog.at_level(logging.ERROR):
        register(by=ground.alice, at=NOON, uuid=uuid4(), sitting=ground.sitting)

    assert (Registration.objects.count(), Decision.objects.count()) == (0, 0)
    assert impossible() == [(str(ground.sitting.uuid), ground.alice, {"code": "signing_unavailable"})]
    assert str(keys) in caplog.text


def test_nobody_is_refused_either_because_a_refusal_is_signed_too(ground: Ground, keys: Path) -> None:
    _unreadable(keys)

    with pytest.raises(SigningUnavailable):
        register(by=ground.alice, at=NOON, uuid=uuid4(), sitting=ground.sitting)

    assert Decision.objects.count() == 0


def test_the_api_answers_503_and_the_same_request_books_once_the_key_is_back(
    ground: Ground, keys: Path, now: None
) -> None:
    finish(ground)
    kept = (keys / "0001.json").read_text()
    _unreadable(keys)
    address, body = f"/api/v1/sittings/{ground.sitting.uuid}/registrations", {"uuid": str(UUID(int=7))}

    refused = learner(ground).post(address, body, content_type="application/json")
    (keys / "0001.json").write_text(kept)
    taken = learner(ground).post(address, body, content_type="application/json")

    assert (refused.status_code, refused["Content-Type"]) == (503, "application/problem+json")
    assert refused.json() == {
        "type": "about:blank",
        "title": "Not possible right now",
        "status": 503,
        "code": "signing_unavailable",
        "detail": "Nothing can be signed right now, so nothing was done. Try again later.",
    }
    assert (taken.status_code, taken.json()["uuid"]) == (201, str(UUID(int=7)))


def test_the_page_says_what_to_do(ground: Ground, keys: Path, now: None) -> None:
    finish(ground)
    _unreadable(keys)

    page = learner(ground).post(f"/exams/{ground.sitting.uuid}/", {"registration": uuid4()})

    assert page.status_code == 503
    assert "<h1>暂时无法判定</h1>" in page.content.decode()


@however
def test_a_seat_that_should_be_withdrawn_stays_in_doubt_which_is_told_once(
    ground: Ground, keys: Path, destroy: Break, tmp_path: Path
) -> None:
    seat = booked(ground)
    take_away(ground, 5_400_000)
    shutil.copytree(keys, tmp_path / "kept")
    destroy(keys)

    assert (look(), look()) == (0, 0)

    seat.refresh_from_db()
    assert (seat.state, seat.doubted_at) == ("booked", SOON)
    assert impossible() == [(str(seat.uuid), None, {"code": "signing_unavailable"})]

    if keys.is_file():
        keys.unlink()
    shutil.copytree(tmp_path / "kept", keys, dirs_exist_ok=True)
    assert look() == 1


@however
def test_no_candidate_list_is_made_and_the_same_one_is_once_the_key_is_back(
    ground: Ground, keys: Path, tmp_path: Path, destroy: Break
) -> None:
    booked(ground)
    kept = shutil.copytree(keys, tmp_path / "kept")
    destroy(keys)
    office, address = Client(), f"/exams/office/sittings/{ground.sitting.uuid}/list/"
    office.force_login(ground.edda)

    refused = office.post(address, {"file_format": "xlsx"})
    made_meanwhile = Event.objects.filter(verb__startswith="candidates.").count()
    shutil.rmtree(keys) if keys.is_dir() else keys.unlink()
    shutil.copytree(kept, keys)
    made = office.post(address, {"file_format": "xlsx"})

    assert (refused.status_code, made_meanwhile) == (503, 0)
    assert "<h1>暂时无法判定</h1>" in refused.content.decode()
    assert impossible() == [(str(ground.sitting.uuid), ground.edda, {"code": "signing_unavailable"})]
    assert (made.status_code, "attachment" in made["Content-Disposition"]) == (200, True)
    made.close()


@however
def test_the_system_check_names_it_and_makes_no_key(keys: Path, destroy: Break) -> None:
    assert something_can_be_signed() == []
    destroy(keys)

    [warning] = something_can_be_signed()

    assert (warning.id, str(keys) in str(warning.msg)) == ("xueshi.W002", True)
    assert "docs/operations.md" in str(warning.hint)


def test_the_system_check_is_content_where_the_first_key_is_still_to_be_made(keys: Path) -> None:
    shutil.rmtree(keys)

    assert something_can_be_signed() == []
    assert not keys.exists()


def test_commands_that_need_keys_end_with_a_sentence(ground: Ground, keys: Path) -> None:
    register_refused(ground)
    _unreadable(keys)

    for command in ("verify_decisions", "rotate_signing_key"):
        with pytest.raises(CommandError, match=r"0001\.json is no signing key of ours; restore it from a backup"):
            call_command(command, stdout=StringIO())


def register_refused(ground: Ground) -> None:
    with pytest.raises(RegistrationRefused):
        register(by=ground.alice, at=NOON, uuid=uuid4(), sitting=ground.sitting)
    assert signing.fault(datetime.now(UTC)) == ""
