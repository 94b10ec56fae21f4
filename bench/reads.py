"""`make bench-reads`: what reading costs with ten, a hundred and ten thousand entries, at every size asked.

LEARNERS ("1000" or "1000,1000000") are the sizes, each on fresh private servers; SECONDS is the length of a throughput
measurement. A page is a whole request to one web process over a kept connection; a query is one call in this process.
"""

import http.client
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench.beats import cost, private_servers
from bench.ground import Web, migrate, web
from bench.history import keep
from lms.env.values import integer, text

CALLS = 100
WARM_CALLS = 10
PHONES = 8
PROVINCE_XLSX = "/manage/regions/53/dashboard.xlsx"
LEDGER_XLSX = "/manage/ledgers/training-ledger.xlsx"

# A page by its address, or a call; and what it is called.
Reading = tuple[str, str | Callable[[Any], object]]


@dataclass(frozen=True)
class Reader:
    """Somebody who reads, or several who take turns."""

    title: str
    people: list[Any]
    cookies: list[str]


def main() -> None:
    seconds = integer("SECONDS", default=10, at_least=1, at_most=600)
    sizes = [int(each) for each in text("LEARNERS", default="1000").replace("_", "").split(",")]
    rows: list[dict[str, Any]] = []
    for place, size in enumerate(sizes, start=1):
        # Django knows one database for as long as a process lives, and each size has servers of its own.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
            rows = alone.submit(_measured, size, seconds, rows, is_last=place == len(sizes)).result()
    _ratios(rows)


def _measured(size: int, seconds: int, rows: list[dict[str, Any]], *, is_last: bool) -> list[dict[str, Any]]:
    """The rows measured so far and those of one more size."""
    with private_servers() as folder:
        migrate()
        _set_django_up()
        rows = [*rows, *_measure_size(folder, size, seconds)]
        if is_last:
            keep("reads", rows=rows)
    return rows


def _set_django_up() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "lms.settings"
    import django

    django.setup()


def _measure_size(folder: Path, size: int, seconds: int) -> list[dict[str, Any]]:
    from bench.province import login, make_province

    started = time.monotonic()
    print(f"{size:,} learners", flush=True)
    province = make_province(size)
    print(f"made in {time.monotonic() - started:.0f} s", flush=True)
    rows = _reckon(folder, size)
    _prove([province.few, province.full, province.many, *province.others[:5]])
    few, full, many, others, staff, authority = (
        Reader(title, people, [login(each) for each in people])
        for title, people in (
            ("10 entries", [province.few]),
            ("100 entries", [province.full]),
            ("10,000 entries", [province.many]),
            ("anybody", province.others),
            ("staff", [province.staff]),
            ("authority", [province.authority]),
        )
    )
    learner, office, ministry = _readings(province)
    log = folder / "web.log"
    with web("lms.wiring.asgi:application", log=log) as server, _telling(log):
        for readers, readings in (((few, full, many, others), learner), ((staff,), office), ((authority,), ministry)):
            for what, how in readings:
                rows += [_measure(folder, server, what, how, reader) for reader in readers]
        rows.append(_download(folder, server, "training ledger, xlsx", LEDGER_XLSX, staff))
        stranger = Reader("stranger", [], [""])
        rows += [_views(server.port, province.book, reader, seconds) for reader in (stranger, few, many)]
    return [{"learners": size, **row} for row in rows]


@contextmanager
def _telling(log: Path) -> Iterator[None]:
    """A page that fails says why only in the server's log, which goes with the data folder."""
    try:
        yield
    except RuntimeError as failed:
        raise RuntimeError(f"{failed}; {log} ends with: {log.read_text()[-3000:]}") from failed


def _prove(people: list[Any]) -> None:
    """What was made in bulk must agree with a replay, or it would not be what is read in life."""
    from lms.hours.queries.verification import differences

    found = [line for person in people for line in differences(person.pk)]
    if found:
        raise RuntimeError("the rows made in bulk disagree with their ledger: " + "; ".join(found[:5]))


def _reckon(folder: Path, learners: int) -> list[dict[str, Any]]:
    """What the worker pays for the figures of classes: for the first time, and for a look that finds nothing."""
    from datetime import UTC, datetime

    from bench.figures import copy_figures, prove_figures, reckoned_classes
    from lms.oversight.actions.standings import refresh_class, refresh_standings

    at, reckoned = datetime.now(UTC), reckoned_classes(learners)

    def reckon() -> int:
        for pk in reckoned:
            refresh_class(at=at, pk=pk)
        return len(reckoned)

    rows = [_work(folder, "reckoning classes", reckon)]
    copy_figures(learners)
    prove_figures(learners, at)
    rows.append(_work(folder, "adding up institutions", lambda: refresh_standings(at=at)))
    rows.append(_work(folder, "looking for what is new", lambda: refresh_standings(at=at)))
    if rows[-1]["classes"] or rows[-2]["classes"]:
        raise RuntimeError("classes were left whose figures are not true")
    return rows


def _work(folder: Path, what: str, work: Callable[[], int]) -> dict[str, Any]:
    started, before = time.monotonic(), cost(folder, os.getpid())
    classes = work()
    after, took_s = cost(folder, os.getpid()), time.monotonic() - started
    spent_s = after.web_s - before.web_s + after.database_s - before.database_s
    print(f"{what:28} {classes:,} classes  processors {spent_s:.1f} s  {took_s:.1f} s", flush=True)
    return {"what": what, "who": "worker", "classes": classes, "spent_s": spent_s, "took_s": took_s}


def _readings(province: Any) -> tuple[list[Reading], list[Reading], list[Reading]]:
    from datetime import UTC, datetime

    from lms.exams.queries import eligibility
    from lms.hours.queries.entries import entries_after
    from lms.hours.queries.overview import hours_of

    sitting, at = province.sitting, datetime.now(UTC)
    learner: list[Reading] = [
        ("totals, query", hours_of),
        ("gate decision, query", lambda person: eligibility(person, sitting, at)),
        ("entries, query", lambda person: entries_after(person, 0)),
        ("first page", "/"),
        ("my hours, page", "/my/hours/"),
        ("lesson, page", f"/study/{province.lesson}/"),
        ("exam, page", f"/exams/{sitting.uuid}/"),
        ("my hours, API", "/api/v1/me/hours"),
        ("my entries, API", "/api/v1/me/entries"),
        ("my refusals, API", "/api/v1/me/refusals"),
        ("gate decision, API", f"/api/v1/sittings/{sitting.uuid}/eligibility"),
        ("course, page", province.book),
    ]
    group = f"/manage/classes/{province.training_class.uuid}"
    office: list[Reading] = [
        ("classes, page", "/manage/classes/"),
        ("roster, page", f"{group}/"),
        ("class figures, page", f"{group}/dashboard/"),
        ("class figures, xlsx", f"{group}/dashboard.xlsx"),
    ]
    ministry = [("classes of a province, page", "/manage/classes/"), *office[1:3]]
    ministry += [("province figures, page", "/manage/regions/53/"), ("province figures, xlsx", PROVINCE_XLSX)]
    ministry += [("prefecture figures, page", "/manage/regions/5301/")]
    place = f"/manage/institutions/{province.training_class.institution.uuid}/"
    return learner, [*office, ("institution figures, page", "/manage/")], [*ministry, ("institution, page", place)]


def _measure(
    folder: Path, server: Web, what: str, how: "str | Callable[[Any], object]", reader: Reader
) -> dict[str, Any]:
    from django.core.cache import cache

    # The API lets one person ask some hundred times a minute; the count lies in the cache.
    cache.clear()
    if isinstance(how, str):
        queries, database_ms = _queries(lambda: _view_here(how, reader.cookies[0]))
        with _asking(server.port) as ask:
            late_ms, cpu_ms = _times(
                lambda turn: ask(how, reader.cookies[turn % len(reader.cookies)]), folder, server.process.pid
            )
    else:
        queries, database_ms = _queries(lambda: how(reader.people[0]))
        late_ms, cpu_ms = _times(lambda turn: how(reader.people[turn % len(reader.people)]), folder, os.getpid())
    row = {
        "what": what,
        "who": reader.title,
        "queries": queries,
        "database_ms": database_ms,
        "cpu_ms": cpu_ms,
        "p50_ms": late_ms[len(late_ms) // 2],
        "p99_ms": late_ms[len(late_ms) * 99 // 100],
    }
    print(
        f"{what:28} {reader.title:15} {queries:3} queries, {database_ms:6.1f} ms of them  processors {cpu_ms:6.1f} ms"
        f"  p50 {row['p50_ms']:7.1f}  p99 {row['p99_ms']:7.1f} ms",
        flush=True,
    )
    return row


def _times(call: Callable[[int], object], folder: Path, pid: int) -> tuple[list[float], float]:
    """How long each call took, sorted, and the processor time of the process and the database for one."""
    for turn in range(WARM_CALLS):
        call(turn)
    late_ms, before = [], cost(folder, pid)
    for turn in range(CALLS):
        start = time.perf_counter()
        call(turn)
        late_ms.append((time.perf_counter() - start) * 1000)
    after = cost(folder, pid)
    spent_s = after.web_s - before.web_s + after.database_s - before.database_s
    return sorted(late_ms), spent_s / CALLS * 1000


def _queries(call: Callable[[], object]) -> tuple[int, float]:
    """How many statements a second call takes (the first fills caches), and how long the database takes for them."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    call()
    with CaptureQueriesContext(connection) as captured:
        call()
    return len(captured), sum(float(each["time"]) for each in captured.captured_queries) * 1000


def _view_here(path: str, cookie: str) -> None:
    from django.conf import settings
    from django.test import Client

    client = Client(headers={"host": "127.0.0.1"})
    client.cookies[settings.SESSION_COOKIE_NAME] = cookie
    answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answers {answer.status_code}")


@contextmanager
def _asking(port: int) -> Iterator[Callable[[str, str], int]]:
    """GET over one kept connection, the length of the answer; whatever is not 200 fails the run."""
    from django.conf import settings

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(path: str, cookie: str) -> int:
        headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}"} if cookie else {}
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        length = len(answer.read())
        if answer.status != 200:
            raise RuntimeError(f"{path} answers {answer.status}")
        return length

    try:
        yield ask
    finally:
        connection.close()


def _download(folder: Path, server: Web, what: str, path: str, reader: Reader) -> dict[str, Any]:
    """One large file: how long it takes, and the most memory that the web process had meanwhile beyond what it has."""
    pid = server.process.pid
    with _asking(server.port) as ask:
        ask("/", reader.cookies[0])
        resting_mib = _forget_peak(pid)
        started, before = time.perf_counter(), cost(folder, pid)
        length = ask(path, reader.cookies[0])
        took_s, after = time.perf_counter() - started, cost(folder, pid)
    spent_s = after.web_s - before.web_s + after.database_s - before.database_s
    peak_mib = _memory_mib(pid, "VmHWM")
    print(
        f"{what:28} {reader.title:15} {length / 1024:,.0f} KiB in {took_s:.1f} s  processors {spent_s:.1f} s"
        f"  peak {peak_mib:.0f} MiB, {peak_mib - resting_mib:.0f} more than at rest",
        flush=True,
    )
    row = {"what": what, "who": reader.title, "bytes": length, "took_s": took_s, "spent_s": spent_s}
    return {**row, "peak_mib": peak_mib, "resting_mib": resting_mib}


def _forget_peak(pid: int) -> float:
    """From now on the process's peak of memory counts anew; what it has now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return _memory_mib(pid, "VmRSS")


def _memory_mib(pid: int, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))


def _views(port: int, path: str, reader: Reader, seconds: int) -> dict[str, Any]:
    """Views a second of one page by several phones at once, each asking again when it is answered."""
    counts: list[int] = []
    until = time.perf_counter() + seconds

    def phone() -> None:
        count = 0
        with _asking(port) as ask:
            while time.perf_counter() < until:
                ask(path, reader.cookies[0])
                count += 1
        counts.append(count)

    phones = [threading.Thread(target=phone) for _ in range(PHONES)]
    for each in phones:
        each.start()
    for each in phones:
        each.join()
    if len(counts) != PHONES:
        raise RuntimeError("a phone was refused the page")
    views_per_s = sum(counts) / seconds
    print(f"{'course, page':28} {reader.title:15} {views_per_s:6.0f} views/s by {PHONES} phones", flush=True)
    return {"what": "course, page", "who": reader.title, "phones": PHONES, "views_per_s": views_per_s}


def _ratios(rows: list[dict[str, Any]]) -> None:
    """Processor time: ten thousand entries to a hundred (both fill every page), and the largest size to the least."""
    found = {(row["learners"], row["what"], row["who"]): row["cpu_ms"] for row in rows if "cpu_ms" in row}
    sizes = sorted({row["learners"] for row in rows})
    print("processor time, 10,000 entries to 100" + "".join(f"{size:>14,} learners" for size in sizes))
    for what in dict.fromkeys(what for _size, what, who in found if who == "100 entries"):
        shares = [found[size, what, "10,000 entries"] / found[size, what, "100 entries"] for size in sizes]
        print(f"  {what:35}" + "".join(f"{share:>23.2f}" for share in shares))
    if len(sizes) > 1:
        print(f"processor time, {sizes[-1]:,} learners to {sizes[0]:,}")
        for size, what, who in found:
            if size == sizes[0]:
                print(f"  {what:28} {who:15} {found[sizes[-1], what, who] / found[size, what, who]:6.2f}")


if __name__ == "__main__":
    main()
