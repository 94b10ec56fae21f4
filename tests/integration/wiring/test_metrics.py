"""What Prometheus is told, and whom else the figures are refused."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
from prometheus_client import REGISTRY

from lms import metrics
from lms.wiring import operation, scraping
from lms.wiring.asgi import application
from lms.wiring.operation import Operation
from lms.wiring.queries.jobs import Jobs
from tests.integration.wiring.asking import ask, figures
from tests.sockets import Socket

pytestmark = [pytest.mark.django_db]

TOKEN = "6b0dd2a18a1f4f63a0d2"


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_it_tells_the_figures_of_the_process_and_the_states_of_jobs() -> None:
    metrics.beats.labels("counting").inc(3)
    before = value("xueshi_beats_total", outcome="counting")

    told = figures((await ask(application, "/metrics")).text)

    assert told["xueshi_beats_total counting"] == before
    assert told["xueshi_database_up"] == 1
    assert told["xueshi_videos quarantined"] == 0
    assert told["process_resident_memory_bytes"] > 0


async def test_a_database_that_fails_costs_only_its_own_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(at: datetime) -> Jobs:
        raise RuntimeError

    monkeypatch.setattr(scraping, "jobs", fail)

    told = figures((await ask(application, "/metrics")).text)

    assert told["xueshi_database_up"] == 0
    assert told["process_cpu_seconds_total"] > 0


@pytest.mark.parametrize(
    ("client", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("10.1.2.3", {}, 403),
        ("not an address", {}, 403),
        ("10.1.2.3", {"Authorization": f"Bearer {TOKEN}"}, 200),
        ("10.1.2.3", {"Authorization": f"Bearer {TOKEN}x"}, 403),
        ("10.1.2.3", {"Authorization": "Bearer "}, 403),
        # A proxy on this machine speaks for somebody else.
        ("127.0.0.1", {"X-Forwarded-For": "10.1.2.3"}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 403),
        ("127.0.0.1", {"Forwarded": "for=10.1.2.3"}, 403),
    ],
)
async def test_it_tells_this_machine_and_who_has_the_token(
    settings: Any, client: str, headers: dict[str, str], status: int
) -> None:
    settings.METRICS_TOKEN = TOKEN

    assert (await ask(application, "/metrics", client=client, headers=headers)).status_code == status


async def test_no_token_is_not_the_empty_token(settings: Any) -> None:
    settings.METRICS_TOKEN = ""

    answer = await ask(application, "/metrics", client="10.1.2.3", headers={"Authorization": "Bearer "})

    assert answer.status_code == 403


async def test_requests_are_counted_by_class_of_status() -> None:
    good, lost = (value("xueshi_http_requests_total", status=each) for each in ("2xx", "4xx"))

    await ask(application, "/")
    await ask(application, "/nowhere")

    assert value("xueshi_http_requests_total", status="2xx") == good + 1
    assert value("xueshi_http_requests_total", status="4xx") == lost + 1


async def test_a_socket_is_counted_while_it_is_open() -> None:
    async def admitting(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await receive()

    before = value("xueshi_open_sockets")
    socket = Socket(Operation(admitting), "/ws/study/", [])

    await socket.connect()
    open_now = value("xueshi_open_sockets")
    await socket.disconnect()

    assert open_now == before + 1
    assert value("xueshi_open_sockets") == before


async def test_every_answer_carries_the_id_of_its_request() -> None:
    given = "0123456789abcdef0123456789abcdef"

    assert (await ask(application, "/", headers={"X-Request-ID": given})).headers["x-request-id"] == given
    assert (await ask(application, "/", headers={"X-Request-ID": "<script>"})).headers["x-request-id"] != "<script>"


@pytest.mark.parametrize(("body_s", "work_s", "is_told"), [(0.3, 0.0, False), (0.0, 0.3, True)])
async def test_slow_is_what_takes_us_long_and_not_the_connection_of_a_visitor(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, body_s: float, work_s: float, is_told: bool
) -> None:
    monkeypatch.setattr(operation, "SLOW_MS", 150)

    async def working(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await asyncio.sleep(work_s)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(body_s)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        pass

    scope = {"type": "http", "method": "PATCH", "path": "/uploads/1/", "headers": []}
    await Operation(working)(scope, receive, send)

    assert ("slow: PATCH /uploads/1/" in caplog.text) is is_told
