"""A lease is kept through a silent step, and a worker that lost it is stopped at once."""

import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError

from media_pipeline import programs
from media_pipeline.actions import attempts
from media_pipeline.actions.attempts import AttemptLost
from media_pipeline.actions.pulse import Pulse, beating
from media_pipeline.models import Asset

from .conftest import AT


@pytest.fixture
def shell(settings: Any, tmp_path: Path) -> Callable[[str], str]:
    settings.FFMPEG_BINARY = "/bin/sh"
    settings.MEDIA_SANDBOX = programs.OFF
    return lambda line: programs.run("ffmpeg", ["-c", line], folder=tmp_path, timeout_s=60)


@pytest.mark.django_db(transaction=True)
def test_it_renews_the_lease_while_a_program_says_nothing(
    rows_only: Asset, shell: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asset, token = rows_only, uuid.uuid4()
    attempts.claim(at=AT, asset_uuid=asset.uuid, token=token)
    before = Asset.objects.get(pk=asset.pk).lease_until
    monkeypatch.setattr("media_pipeline.actions.pulse.PULSE_EVERY_S", 0.1)
    from django.utils import timezone

    with beating(lambda: attempts.keep_lease(at=timezone.now(), asset_uuid=asset.uuid, token=token)) as pulse:
        shell("sleep 1")
        kept = Asset.objects.get(pk=asset.pk).lease_until
        assert kept is not None and before is not None and kept > before
        Asset.objects.filter(pk=asset.pk).update(attempt_token=uuid.uuid4())
        begun = time.monotonic()
        with pytest.raises(programs.ProgramFailed):
            shell("sleep 50")
        assert time.monotonic() - begun < 40
        with pytest.raises(AttemptLost):
            pulse.check()


@pytest.mark.django_db(transaction=True)
def test_nothing_starts_any_more_when_the_lease_is_lost(shell: Callable[[str], str], tmp_path: Path) -> None:
    lost = threading.Event()

    def renew() -> None:
        lost.set()
        raise AttemptLost

    with Pulse(renew, 0.01, 60).beating() as pulse:
        assert lost.wait(30)
        while not pulse.lost:
            time.sleep(0.01)
        with pytest.raises(programs.ProgramFailed):
            shell("sleep 1; touch done")

    assert not (tmp_path / "done").exists()


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_for_a_moment_costs_no_lease(shell: Callable[[str], str]) -> None:
    beats: list[int] = []
    third = threading.Event()

    def renew() -> None:
        beats.append(1)
        if len(beats) == 3:
            third.set()
        if len(beats) < 3:
            raise DatabaseError("away")

    with Pulse(renew, 0.01, 60).beating() as pulse:
        assert third.wait(30)
        assert shell("echo on") == "on\n"

    assert not pulse.lost


@pytest.mark.django_db(transaction=True)
def test_a_step_that_hangs_loses_its_lease() -> None:
    beats: list[int] = []
    first = threading.Event()

    def renew() -> None:
        beats.append(1)
        first.set()

    with Pulse(renew, 0.02, 1).beating() as pulse:
        pulse.heard(0)
        assert first.wait(30)
        time.sleep(2)
        ended = len(beats)
        time.sleep(0.3)

    assert ended > 0
    assert len(beats) == ended


def test_words_are_written_seldom() -> None:
    pulse = Pulse(lambda: None, 1, 60)

    assert [pulse.heard(60), pulse.heard(60), pulse.heard(0)] == [True, False, True]


@pytest.mark.django_db
def test_inside_a_transaction_of_the_caller_there_is_none() -> None:
    """Nobody else sees the claim yet: its lease could not be renewed, and would be taken for lost."""
    beats: list[int] = []

    with Pulse(lambda: beats.append(1), 0.01, 60).beating():
        time.sleep(0.2)

    assert beats == []
