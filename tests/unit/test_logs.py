"""What a line of the log withholds, and what it keeps."""

import json
import logging
import subprocess
import sys

import pytest

from lms.logs import JsonFormatter, TextFormatter, WithoutHandshakes, configuration, redacted, request_id


@pytest.mark.parametrize(
    ("said", "logged"),
    [
        ("login of zhang.san@example.com failed", "login of [e-mail] failed"),
        ("sms to 13812345678", "sms to [telephone]"),
        ("sms to +86 138 1234 5678", "sms to [telephone]"),
        ("number 99999919900101011X is not valid", "number [identity number] is not valid"),
        ("number 999999 19900101 0112", "number [identity number]"),
        ("Cookie: sessionid=abc123; csrftoken=def", "Cookie: [withheld]; csrftoken=[withheld]"),
        ("X-Session-Token: tx81ms", "X-Session-Token: [withheld]"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: [withheld]"),
        ("{'password': 'hunter2'}", "{'password': [withheld]}"),
        ("session k3v9x0q2w8e7r6t5y4u3i2o1p0a9s8d7 is gone", "session [token] is gone"),
        ("redis://:s3cret-word@10.0.0.1:6379/0 refuses", "redis://[login]@10.0.0.1:6379/0 refuses"),
        ("GET /staff/people/?q=wang&page=2 500", "GET /staff/people/?[query] 500"),
        (
            "slow: GET /accounts/password/reset/key/2b-dk6h4w-7f1c0a9be25d43c6f8a7b1e0d2c3f4a5/ 200, 2100 ms",
            "slow: GET /accounts/password/reset/key/[withheld] 200, 2100 ms",
        ),
        ("slow: GET /join/K7QM2RXA/new/ 200, 2100 ms", "slow: GET /join/[withheld] 200, 2100 ms"),
        ("no such person: 王建国", "no such person: [text]"),
        ("no such page: /people/%E7%8E%8B%E5%BB%BA/", "no such page: /people/[text]/"),
        (
            "duplicate key\nDETAIL:  Key (email)=(Wang) already exists.\nnext",
            "duplicate key\nDETAIL: [values]\nnext",
        ),
    ],
)
def test_a_line_withholds_what_belongs_to_people(said: str, logged: str) -> None:
    assert redacted(said) == logged


@pytest.mark.parametrize(
    "said",
    [
        "session 0f0b6c86-4a0e-4d60-8a3c-19c0a7a1b2c3 of learner 4711 closed after 1790000000000 ms",
        "requeued 3 videos, oldest 12345678 ms",
        "slow: GET /join/class/0f0b6c86-4a0e-4d60-8a3c-19c0a7a1b2c3/ 200, 2100 ms",
        "GET /api/v1/lessons/0f0b6c86-4a0e-4d60-8a3c-13812345678a/coverage 500",
        'File "/app/lms/hours/consumers.py", line 123, in receive',
    ],
)
def test_a_line_keeps_ids_counts_and_places(said: str) -> None:
    assert redacted(said) == said


def record_of(message: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord("lms.hours", logging.WARNING, __file__, 1, message, args, None)


def test_json_is_one_line_with_the_request_and_the_error() -> None:
    try:
        raise ValueError("no such person: wang@example.com\nsecond line")
    except ValueError:
        record = record_of("beat of %s failed", "wang@example.com")
        record.exc_info = sys.exc_info()
    token = request_id.set("0123456789abcdef")

    line = JsonFormatter().format(record)

    request_id.reset(token)
    told = json.loads(line)
    assert "\n" not in line
    assert told["message"] == "beat of [e-mail] failed"
    assert told["request"] == "0123456789abcdef"
    assert (told["level"], told["logger"]) == ("warning", "lms.hours")
    assert told["time"].endswith("Z")
    assert "test_logs.py" in told["error"]
    assert "wang@" not in line


def test_text_withholds_the_same() -> None:
    line = TextFormatter().format(record_of("beat of %s failed", "wang@example.com"))

    assert line.endswith("Z WARNING lms.hours: beat of [e-mail] failed")


def test_the_server_does_not_tell_of_every_socket() -> None:
    told = WithoutHandshakes()

    assert not told.filter(record_of('%s - "WebSocket %s" [accepted]', "10.0.0.1:1", "/ws/study/"))
    assert not told.filter(record_of("connection open"))
    assert told.filter(record_of("Shutting down"))


def test_what_the_server_configured_for_itself_does_not_go_past_us() -> None:
    program = (
        "import logging.config, uvicorn.config as server; from lms.logs import configuration;"
        "logging.config.dictConfig(server.LOGGING_CONFIG);"
        "logging.config.dictConfig(configuration('json', 'INFO'));"
        "logging.getLogger('uvicorn.access').info('%s asked', '10.1.2.3');"
        "logging.getLogger('uvicorn.error').error('failed for %s', 'wang@example.com')"
    )

    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert json.loads(done.stderr)["message"] == "failed for [e-mail]"
    assert done.stdout == ""


def test_both_forms_have_a_configuration() -> None:
    assert configuration("json", "INFO")["formatters"]["line"]["()"] is JsonFormatter
    assert configuration("text", "INFO")["formatters"]["line"]["()"] is TextFormatter
