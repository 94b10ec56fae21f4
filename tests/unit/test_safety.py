"""Which settings keep an installation that serves others from starting."""

import ctypes
import platform
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as configured
from django.db.backends.signals import connection_created

from lms.wiring import durability
from lms.wiring.safety import check_safety, refuse_unsafe_settings
from media_pipeline import programs

GOOD: dict[str, Any] = {
    "IS_PUBLIC": True,
    "DEBUG": False,
    "ALLOWED_HOSTS": ["hours.example.cn"],
    "BASE_URL": "https://hours.example.cn",
    "SESSION_COOKIE_SECURE": True,
    "CSRF_COOKIE_SECURE": True,
    "SECRET_KEY": "pQ8mWz3kLr7VtY1nXc5BsD9fGh2JuEa6",
    "IDENTITY_KEY": "Zx4CvB8nMq1WeR5tYu9IoP3aSd7FgH2j",
    "IDENTITY_MAC_KEY": "Lk6JhG2fDs9AqW4eRt8YuI1oPz5XcV3b",
    "MEDIA_KEY": "Nm7BvC3xZl9KjH5gFd1SaP8oIu4YtR2e",
    "SECRETS_GIVEN": frozenset({"SECRET_KEY", "IDENTITY_KEY", "IDENTITY_MAC_KEY", "MEDIA_KEY"}),
    "METRICS_TOKEN": "",
    "ALLAUTH_TRUSTED_PROXY_COUNT": 1,
    "IS_DATABASE_PRIVATE": False,
    "IS_BROKER_PRIVATE": False,
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "SMS_URL": "https://texts.example.cn/send",
    "SMS_TOKEN": "Tg5BvR2nMq8WxE4tYu7IoP1aSd",
    "MEDIA_SANDBOX": "required",
}


class Kernel:
    """Answers as one that has Landlock and filters of system calls."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        self.syscall = lambda *arguments: 7
        self.prctl = lambda *arguments: -1


@pytest.fixture(autouse=True)
def _machine_with_a_sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever machine runs the tests."""
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(ctypes, "CDLL", Kernel)
    programs._sandbox.cache_clear()
    yield
    programs._sandbox.cache_clear()


@pytest.fixture(autouse=True)
def _sound_database(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No server is asked here; tests/integration/wiring/test_starting.py asks real ones."""
    monkeypatch.setattr(durability, "faults_at_start", list)
    yield
    connection_created.disconnect(dispatch_uid=durability.GUARD)


def found(settings: Any, **changed: Any) -> list[str]:
    for name, value in {**GOOD, **changed}.items():
        setattr(settings, name, value)
    return [str(each.id) for each in check_safety()]


def test_a_good_installation_starts(settings: Any) -> None:
    assert found(settings) == []
    refuse_unsafe_settings()


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"DEBUG": True}, ["safety.E001"]),
        ({"ALLOWED_HOSTS": ["*"]}, ["safety.E002"]),
        ({"BASE_URL": "http://hours.example.cn"}, ["safety.E003"]),
        ({"CSRF_COOKIE_SECURE": False}, ["safety.E004"]),
        ({"SECRETS_GIVEN": frozenset({"SECRET_KEY", "MEDIA_KEY", "IDENTITY_MAC_KEY"})}, ["safety.E005"]),
        ({"SECRET_KEY": "a" * 50}, ["safety.E006"]),
        ({"IDENTITY_KEY": "change-me-to-Zx4CvB8nMq1WeR5tYu9I"}, ["safety.E006"]),
        ({"MEDIA_KEY": GOOD["IDENTITY_KEY"]}, ["safety.E007", "safety.E007"]),
        ({"METRICS_TOKEN": "short"}, ["safety.E008"]),
        ({"SMS_URL": "http://texts.example.cn/send"}, ["safety.E009"]),
        ({"SMS_URL": "http://127.0.0.1:9000/send"}, []),
        ({"SMS_TOKEN": "short"}, ["safety.E010"]),
        ({"SMS_URL": ""}, ["safety.W004"]),
        ({"MEDIA_SANDBOX": "off"}, ["safety.W005"]),
        ({"ALLAUTH_TRUSTED_PROXY_COUNT": 0}, ["safety.W001"]),
        ({"IS_BROKER_PRIVATE": True}, ["safety.W002"]),
        ({"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend"}, ["safety.W003"]),
    ],
)
def test_each_unsafe_setting_is_found(settings: Any, changed: dict[str, Any], expected: list[str]) -> None:
    assert found(settings, **changed) == expected


def test_a_machine_without_a_sandbox_is_found(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")

    assert found(settings, MEDIA_SANDBOX="required") == ["safety.E011"]
    assert found(settings, MEDIA_SANDBOX="where_possible") == ["safety.W005"]
    settings.MEDIA_SANDBOX = "required"
    with pytest.raises(SystemExit, match="MEDIA_SANDBOX is required"):
        refuse_unsafe_settings()


def test_it_does_not_start_and_says_why_without_a_value(settings: Any) -> None:
    found(settings, DEBUG=True, MEDIA_KEY="change-me-to-Zx4CvB8nMq1WeR5tYu9I")

    with pytest.raises(SystemExit) as refused:
        refuse_unsafe_settings()

    said = str(refused.value)
    assert "DEBUG is on" in said
    assert "MEDIA_KEY can be guessed" in said
    assert "Zx4CvB8n" not in said


def test_a_machine_of_ones_own_may_do_as_it_likes(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durability, "faults_at_start", lambda: ["fsync is 'off'; it must be 'on'."])

    assert found(settings, IS_PUBLIC=False, DEBUG=True, ALLOWED_HOSTS=["*"], BASE_URL="http://127.0.0.1:8000") == []
    refuse_unsafe_settings()
    settings.IS_PUBLIC = True
    with pytest.raises(SystemExit, match=r"In PostgreSQL fsync is 'off'; it must be 'on'\."):
        refuse_unsafe_settings()


def test_the_tests_themselves_run_on_a_machine_of_ones_own() -> None:
    assert configured.IS_PUBLIC is False
