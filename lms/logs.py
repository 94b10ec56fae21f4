"""How a process writes its logs: text for people or one JSON object a line for machines, and no personal data.

Every line passes `redacted`: e-mail addresses, telephone and identity numbers, tokens, the query of an address, what
in a path lets its reader in (a link to choose a password, an invitation) and the values that PostgreSQL quotes in its
errors are withheld. Our own messages are English, so Chinese characters in one come from somebody's name or text and
are withheld as well. A net, not a licence: log ids, codes and counts.
"""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

FORMATS = ("text", "json")
OWN = ("lms", "courses", "media_pipeline", "celery", "uvicorn")

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the HTTP request or socket that is being served; empty outside."""

_WITHHELD = (
    # PostgreSQL quotes whole rows and the statement: `DETAIL:  Key (email)=(...) already exists.`
    (re.compile(r"^(DETAIL|CONTEXT|LINE \d+|STATEMENT|QUERY):.*(\n +\^ *)?", re.M), r"\1: [values]"),
    (re.compile(r"(?<=://)[^\s/@]+@"), "[login]@"),
    (re.compile(r"[\w.+%-]+@[\w-]+(\.[\w-]+)+"), "[e-mail]"),
    (
        re.compile(
            r"(?i)\b(sessionid|csrftoken|[\w-]*token|cookie|set-cookie|authorization|[\w-]*password|[\w-]*secret|[\w-]*key)"
            r"(['\"]?\s*[:=]\s*)(bearer\s+|basic\s+)?[^\s,;)}\]]+"
        ),
        r"\1\2[withheld]",
    ),
    (re.compile(r"(?<!\d)\d{6}[ -]?\d{8}[ -]?\d{3}[\dXx](?!\w)"), "[identity number]"),
    (re.compile(r"(?<![\w-])(\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)"), "[telephone]"),
    (re.compile(r"(?<=[\w/])\?[^\s'\"]+"), "?[query]"),
    # A link's key has a dash before it, so that the next pattern passes it by; a code is short. The same in nginx.conf.
    (re.compile(r"(/password/reset/key/|/join/(?!class/|requests/))[^\s'\"]+"), r"\1[withheld]"),
    # Session keys and app tokens, whose names are not beside them. UUIDs have dashes and stay readable.
    (re.compile(r"(?<![\w-])[a-z0-9]{32,}(?![\w-])"), "[token]"),
    (re.compile(r"(%[0-9A-Fa-f]{2}){3,}|[\u3400-\u9fff\uf900-\ufaff]+"), "[text]"),
)


def redacted(text: str) -> str:
    for pattern, instead in _WITHHELD:
        text = pattern.sub(instead, text)
    return text


class TextFormatter(logging.Formatter):
    """`12:00:00.123 WARNING lms.hours.consumers: ... [request]`, tracebacks below."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:
        stamp = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        served = f" [{request_id.get()}]" if request_id.get() else ""
        return f"{stamp}Z {record.levelname} {record.name}: {record.message}{served}"


class JsonFormatter(logging.Formatter):
    """One object a line: time, level, logger, message, request and error if there are."""

    def format(self, record: logging.LogRecord) -> str:
        stamp = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "time": stamp.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redacted(record.getMessage()),
        }
        if request_id.get():
            line["request"] = request_id.get()
        if record.exc_info:
            line["error"] = redacted(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


class WithoutHandshakes(logging.Filter):
    """uvicorn tells of every socket with its address; the proxy's log does so, and tens of thousands are no news."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith('%s - "WebSocket') and record.msg not in {
            "connection open",
            "connection closed",
        }


def configuration(form: str, level: str) -> dict[str, Any]:
    """What Django's LOGGING takes: everything to standard error, others' loggers from WARNING on."""
    formatter = JsonFormatter if form == "json" else TextFormatter
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"without_handshakes": {"()": WithoutHandshakes}},
        "formatters": {"line": {"()": formatter}},
        "handlers": {
            "lines": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["without_handshakes"]}
        },
        "root": {"handlers": ["lines"], "level": "WARNING"},
        "loggers": {
            # uvicorn's own command configures its loggers before; what it writes must pass here all the same.
            **{name: {"handlers": [], "level": level, "propagate": True} for name in OWN},
            # The proxy has a log of requests; here each beat over HTTP would be a line with an address.
            "uvicorn.access": {"handlers": [], "level": "WARNING", "propagate": False},
            # No handler of Django's own, which would mail whole requests to the administrators.
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            # What strangers do not find is counted in the metrics; a line each would be a way to fill disks.
            "django.request": {"level": "ERROR"},
        },
    }
