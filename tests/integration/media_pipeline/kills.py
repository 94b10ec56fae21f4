"""Workers in processes of their own that die where they are told to, and what an undisturbed run would have made.

Production code has no hooks for this: a worker's own process wraps one function before it starts (`Point`), counts its
calls and kills itself with SIGKILL, as the kernel does when memory is short. The workers are forked from one process in
which Django is set up (multiprocessing's forkserver), so that twenty deaths take seconds.
"""

import hashlib
import importlib
import multiprocessing
import os
import signal
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import django

if TYPE_CHECKING:
    from media_pipeline.models import Asset

JOBS_MAX = 40
STARTED: list[ForkServerProcess] = []
LONG_MS = {"SPLIT_ABOVE_MS": 10_000, "CHUNK_MS": 4_000}
"""Limits under which a film of twelve seconds is a long lecture of three chunks."""


@dataclass(frozen=True)
class Point:
    """`place` is a function as a module of ours sees it; the worker dies before or after its call number `nth`."""

    place: str
    after: bool = False
    nth: int = 1

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'} {self.place.removeprefix('media_pipeline.')} #{self.nth}"


@dataclass(frozen=True)
class Orders:
    """What a worker's process is told; `act` is what happens at the point, `broken` which safeguard it lacks."""

    asset_uuid: uuid.UUID
    folder: Path
    point: Point | None = None
    act: str = "die"
    broken: tuple[str, ...] = ()
    jobs_max: int = JOBS_MAX


def start_worker(orders: Orders) -> ForkServerProcess:
    """A worker that does the asset's jobs until there is none."""
    context = multiprocessing.get_context("forkserver")
    process = context.Process(target=work, args=(orders,), daemon=True)
    process.start()
    STARTED.append(process)
    return process


def kill_what_is_left() -> None:
    """A worker that stands still would outlive a test that failed."""
    while STARTED:
        process = STARTED.pop()
        process.kill()
        process.join()


def let_fork_for(database_name: str) -> None:
    """Start the process that workers are forked from, on this test's database."""
    from multiprocessing import forkserver

    from django.conf import settings

    from lms import env

    address = urlsplit(env.runtime_url(Path(os.environ["DATA_DIR"])))._replace(path=f"/{database_name}").geturl()
    given = {"DATABASE_URL": address, "REDIS_URL": settings.REDIS_URL, "DJANGO_SETTINGS_MODULE": "lms.settings"}
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        multiprocessing.get_context("forkserver").set_forkserver_preload([__name__])
        forkserver.ensure_running()
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def work(orders: Orders) -> None:
    """Runs in the worker's process."""
    from django.conf import settings
    from django.utils import timezone

    from media_pipeline.actions import transcoding, waking

    settings.MEDIA_ROOT, settings.PRIVATE_ROOT = str(orders.folder / "media"), str(orders.folder / "private")
    tempfile.tempdir = str(orders.folder / "work")
    waking.current_app.send_task = lambda *args, **options: None  # type: ignore[method-assign]
    for name, value in LONG_MS.items():
        setattr(transcoding, name, value)
    for name in orders.broken:
        BROKEN[name]()
    if orders.point is not None:
        _arm(orders.point, ACTS[orders.act])
    for _ in range(orders.jobs_max):
        if transcoding.run_attempt(clock=timezone.now, asset_uuid=orders.asset_uuid, token=uuid.uuid4()) is None:
            return


def _arm(point: Point, act: Callable[[], None]) -> None:
    module_name, _, path = point.place.partition(":")
    *holders, name = path.split(".")
    holder: Any = importlib.import_module(module_name)
    for each in holders:
        holder = getattr(holder, each)
    original, calls = getattr(holder, name), 0

    def wrapped(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        strikes = calls == point.nth
        if strikes and not point.after:
            act()
        result = original(*args, **options)
        if strikes and point.after:
            act()
        return result

    setattr(holder, name, wrapped)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _stop() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def _kill_next_program() -> None:
    """The program that starts next is killed in the middle of its work."""
    import subprocess

    from media_pipeline import programs

    class Doomed(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            programs.subprocess.Popen = subprocess_popen  # type: ignore[misc]
            time.sleep(0.05)
            os.killpg(self.pid, signal.SIGKILL)

    subprocess_popen = subprocess.Popen
    programs.subprocess.Popen = Doomed  # type: ignore[misc]


def _fail() -> None:
    raise RuntimeError("a step of the worker failed")


ACTS = {"die": _die, "stop": _stop, "fail": _fail, "kill the program": _kill_next_program}


def _without_fencing() -> None:
    """A build in which a worker believes that it still holds what it once claimed."""
    from media_pipeline.actions import attempts
    from media_pipeline.models import Asset

    def anybodys(asset_uuid: uuid.UUID, token: uuid.UUID) -> "Asset":
        return Asset.objects.select_for_update().get(uuid=asset_uuid)

    attempts.held = anybodys
    attempts.report_progress = lambda **report: None


def _without_cleaning() -> None:
    """A build in which no attempt clears the folders of dead workers."""
    from media_pipeline.actions import workfolders

    workfolders.clear_dead_folders = lambda min_age_s=0: 0


def _without_discarding() -> None:
    """A build that leaves what a failed attempt stored."""
    from media_pipeline.actions import transcoding

    transcoding._discard_unpublished = lambda asset_uuid, token: None


BROKEN = {"fencing": _without_fencing, "cleaning": _without_cleaning, "discarding": _without_discarding}


def wait_until_stopped(process: ForkServerProcess, within_s: float = 60) -> None:
    """Until the worker stands still at its point."""
    deadline = time.monotonic() + within_s
    stat = Path(f"/proc/{process.pid}/stat")
    while stat.read_text().rpartition(")")[2].split()[0] != "T":
        assert time.monotonic() < deadline, "the worker did not come to its point"
        time.sleep(0.02)


def lose_leases(asset_uuid: uuid.UUID) -> None:
    """As if the dead had been silent for longer than their lease; then one sweep."""
    from datetime import timedelta

    from django.utils import timezone

    from media_pipeline.actions import attempts, chunks
    from media_pipeline.models import Asset, Chunk

    long_ago = timezone.now() - timedelta(seconds=1)
    Asset.objects.filter(uuid=asset_uuid, lease_until__isnull=False).update(lease_until=long_ago)
    Chunk.objects.filter(asset__uuid=asset_uuid, lease_until__isnull=False).update(lease_until=long_ago)
    attempts.requeue_stale(at=timezone.now())
    chunks.sweep_chunks(at=timezone.now())


def made_of(asset: "Asset") -> dict[str, Any]:
    """Everything that a player gets, keys aside: equal for two runs on the same film, however they went."""
    from media_pipeline import queries

    renditions = {
        (each.width, each.height, each.codecs, tuple(length for _, length in each.segments)): [
            hashlib.sha256(content).hexdigest() for content in plain_segments(asset, each)
        ]
        for each in asset.renditions.all()
    }
    windows = [(window.from_ms, window.to_ms) for window in queries.windows_of(asset)]
    return {"renditions": renditions, "windows": windows, "duration_ms": asset.duration_ms}


def plain_segments(asset: "Asset", rendition: Any) -> list[bytes]:
    """The segments of a rendition, decrypted."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7
    from django.core.files.storage import default_storage

    from media_pipeline import queries

    plain, position_ms = [], 0
    for sequence, (name, length_ms) in enumerate(rendition.segments):
        window = queries.window_at(asset, position_ms)
        assert window is not None
        cipher = Cipher(
            algorithms.AES128(queries.key_of(asset, window.ordinal)), modes.CBC(sequence.to_bytes(16, "big"))
        )
        decryptor, unpadder = cipher.decryptor(), PKCS7(128).unpadder()
        with default_storage.open(name) as stored:
            padded = decryptor.update(stored.read()) + decryptor.finalize()
        plain.append(unpadder.update(padded) + unpadder.finalize())
        position_ms += length_ms
    return plain


def unnamed_files(asset: "Asset", folder: Path) -> list[str]:
    """Files of this asset in any storage, and folders of dead workers, that nothing points to."""
    from django.core.files.storage import default_storage

    named = {name for each in asset.renditions.all() for name, _ in each.segments}
    named |= {asset.poster, *(asset.sprites or {}).get("files", ())}
    kept = {default_storage.path(name) for name in named if name}
    places = (folder / "media/hls" / str(asset.uuid), folder / "private/chunks" / str(asset.uuid), folder / "work")
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    return sorted(str(path.relative_to(folder)) for path in files if str(path) not in kept)


if os.environ.get("DJANGO_SETTINGS_MODULE"):
    # In the process that workers are forked from; the tests' own process is set up already.
    django.setup()
    importlib.import_module("media_pipeline.actions.transcoding")
