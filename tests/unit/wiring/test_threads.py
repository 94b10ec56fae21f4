"""Requests share a few threads that stay: a thread for every request is a database connection for every request."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async

from lms.wiring.threads import SharedThreads

Served = Callable[[Any, Any, Any], Awaitable[None]]


class Django:
    """What matters of Django's handler: a context of its own for each request, and synchronous code inside."""

    def __init__(self, work: Callable[[], object] = lambda: None) -> None:
        self.work = work
        self.threads: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async with ThreadSensitiveContext():
            await sync_to_async(self._run)()

    def _run(self) -> None:
        self.work()
        self.threads.append(threading.current_thread().name)


async def one_after_the_other(application: Served, count: int) -> None:
    for _ in range(count):
        await asyncio.create_task(application(None, None, None))  # type: ignore[arg-type]


async def test_requests_one_after_the_other_run_in_one_thread() -> None:
    django = Django()

    await one_after_the_other(SharedThreads(django), 20)

    assert len(django.threads) == 20
    assert len(set(django.threads)) == 1


async def test_without_it_every_request_has_a_thread_of_its_own() -> None:
    django = Django()

    await one_after_the_other(django, 20)

    assert len(set(django.threads)) == 20


async def test_requests_at_once_run_beside_each_other() -> None:
    together = threading.Barrier(3)
    django = Django(lambda: together.wait(timeout=10))
    shared = SharedThreads(django, threads=3)

    await asyncio.gather(*(shared(None, None, None) for _ in range(3)))

    assert len(set(django.threads)) == 3


async def test_more_requests_than_threads_are_all_served() -> None:
    django = Django()
    shared = SharedThreads(django, threads=2)

    await asyncio.gather(*(shared(None, None, None) for _ in range(50)))

    assert len(django.threads) == 50
    assert len(set(django.threads)) == 2


async def test_a_request_that_fails_gives_its_place_back() -> None:
    def fail() -> None:
        raise ValueError("no page")

    django = Django(fail)
    shared = SharedThreads(django, threads=2)
    await asyncio.gather(*(shared(None, None, None) for _ in range(4)), return_exceptions=True)
    django.work = lambda: None

    await one_after_the_other(shared, 4)

    assert len(set(django.threads)) == 1
