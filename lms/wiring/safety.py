"""Settings that are unsafe where others than this machine's users are served; such an installation does not start.

System checks, so that `manage.py check` and every command tell them; the web server and the Celery programs ask for
themselves (`refuse_unsafe_settings`), because nothing else would run checks there, and look at the database's settings
as well (`durability`). A message names the setting and what is allowed, never the value of one of ours. On a machine of
one's own (only loopback names) everything is permitted.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from lms.wiring import durability
from media_pipeline import programs

SECRETS = ("SECRET_KEY", "IDENTITY_KEY", "IDENTITY_MAC_KEY", "MEDIA_KEY")
DISTINCT_CHARACTERS_MIN = 10
TELLTALES = ("change", "default", "example", "insecure", "password", "secret", "xueshi", "12345", "abcdef")
TOKEN_LENGTH_MIN = 24


@register("safety")
def check_safety(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    if not settings.IS_PUBLIC:
        return []
    return [*_of_django(), *_of_cookies(), *_of_secrets(), *_of_texts(), *_of_media(), *_of_surroundings()]


def refuse_unsafe_settings(**kwargs: Any) -> None:
    """End the program with one sentence an error; one that goes on uses no connection whose commits may be lost."""
    if not settings.IS_PUBLIC:
        return
    errors = [str(each.msg) for each in check_safety() if each.is_serious()]
    errors += [f"In PostgreSQL {fault}" for fault in durability.faults_at_start()]
    if errors:
        raise SystemExit(
            "Not started, because the settings are unsafe for an installation that serves others:\n"
            + "\n".join(f"  {each}" for each in errors)
        )
    durability.guard_connections()


def _of_django() -> Iterator[CheckMessage]:
    if settings.DEBUG:
        yield Error("DEBUG is on; it must be off: error pages would show settings and people's data.", id="safety.E001")
    if any(host in {"*", "."} for host in settings.ALLOWED_HOSTS):
        yield Error("ALLOWED_HOSTS holds '*'; it must list the names that this installation has.", id="safety.E002")


def _of_cookies() -> Iterator[CheckMessage]:
    if not settings.BASE_URL.startswith("https://"):
        yield Error("BASE_URL is not https; it must be: login cookies would travel in clear.", id="safety.E003")
    elif not (settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE):
        yield Error("SESSION_COOKIE_SECURE and CSRF_COOKIE_SECURE must be on.", id="safety.E004")


def _of_secrets() -> Iterator[CheckMessage]:
    values = {name: str(getattr(settings, name)) for name in SECRETS}
    for name, value in values.items():
        if name not in settings.SECRETS_GIVEN:
            yield Error(
                f"{name} is not set; it must be given: one made here lies beside the data that it protects, "
                "differs from machine to machine, and is made anew, silently, where the folder is lost.",
                id="safety.E005",
            )
        elif len(set(value)) < DISTINCT_CHARACTERS_MIN or any(word in value.lower() for word in TELLTALES):
            yield Error(f"{name} can be guessed; it must be random (openssl rand -base64 48).", id="safety.E006")
        elif list(values.values()).count(value) > 1:
            yield Error(f"{name} equals another secret; each must be its own.", id="safety.E007")
    if settings.METRICS_TOKEN and len(settings.METRICS_TOKEN) < TOKEN_LENGTH_MIN:
        yield Error(
            f"METRICS_TOKEN is shorter than {TOKEN_LENGTH_MIN} characters; it must be random.", id="safety.E008"
        )


def _of_texts() -> Iterator[CheckMessage]:
    """A code in a text opens an account, so it travels to the gateway as passwords do."""
    address = urlsplit(settings.SMS_URL)
    if settings.SMS_URL and address.scheme != "https" and address.hostname not in settings.LOOPBACK:
        yield Error("XUESHI_SMS_URL is not https; it must be: codes for logging in travel over it.", id="safety.E009")
    if settings.SMS_URL and len(settings.SMS_TOKEN) < TOKEN_LENGTH_MIN:
        yield Error(
            f"XUESHI_SMS_TOKEN is shorter than {TOKEN_LENGTH_MIN} characters; it must be random.", id="safety.E010"
        )


def _of_media() -> Iterator[CheckMessage]:
    """Uploaded films are opened by programs that their makers may take over."""
    fault = programs.sandbox_fault()
    if settings.MEDIA_SANDBOX == programs.OFF:
        yield Warning("MEDIA_SANDBOX is off; whoever uploads a film may take over the worker.", id="safety.W005")
    elif fault is not None and settings.MEDIA_SANDBOX == programs.REQUIRED:
        yield Error(f"MEDIA_SANDBOX is required and this machine has none: {fault}.", id="safety.E011")
    elif fault is not None:
        yield Warning(
            f"MEDIA_SANDBOX finds no sandbox ({fault}); whoever uploads a film may take over the worker.",
            id="safety.W005",
        )


def _of_surroundings() -> Iterator[CheckMessage]:
    """What works, and what whoever runs it should know."""
    if not settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        yield Warning(
            "TRUSTED_PROXY_COUNT is 0; behind a proxy all people share one address and its login limit.",
            id="safety.W001",
        )
    if settings.IS_DATABASE_PRIVATE or settings.IS_BROKER_PRIVATE:
        yield Warning(
            "DATABASE_URL or REDIS_URL is not set; the private servers end with the last program that uses them, "
            "and serve one machine.",
            id="safety.W002",
        )
    if settings.EMAIL_BACKEND.endswith("filebased.EmailBackend"):
        yield Warning("EMAIL_BACKEND is not set; letters lie in DATA_DIR/mail and reach nobody.", id="safety.W003")
    if not settings.SMS_URL:
        yield Warning(
            "XUESHI_SMS_URL is not set; codes for phones lie in DATA_DIR/texts and reach nobody: whoever has no "
            "e-mail address and no password cannot come in.",
            id="safety.W004",
        )
