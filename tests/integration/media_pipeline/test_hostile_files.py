"""Every hostile file goes the way of all uploads, with the real programs, confined as in production.

Nothing outside is read (a canary that nobody may see), nobody is called (a port where somebody listens), limits hold,
and what is left is a state with a reason. The controls show that the same files do harm where nothing holds them.
"""

import contextlib
import io
import json
import os
import socket
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files import File
from django.utils import timezone

from media_pipeline import programs
from media_pipeline.actions import transcoding, uploads
from media_pipeline.limits import SOURCE_NAME_CHARS_MAX
from media_pipeline.models import Asset
from media_pipeline.reasons import explain

from .conftest import AT
from .hostile import CANARY, CANARY_SIZE, CORPUS, LISTS, REFERENCES, Hostile, Workshop

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sandbox")]
HARM_WITHIN_S = 30


class Listener:
    """Somebody on loopback who notices every connection and every datagram."""

    def __init__(self) -> None:
        self.stream, self.datagrams = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
        self.stream.bind(("127.0.0.1", 0))
        self.port = self.stream.getsockname()[1]
        self.stream.listen()
        self.datagrams.bind(("127.0.0.1", self.port))
        for one in (self.stream, self.datagrams):
            one.setblocking(False)

    def was_called(self) -> bool:
        """Since it was asked last: nothing is left for the next to hear."""
        called = False
        for hear in (lambda: self.stream.accept()[0].close(), lambda: self.datagrams.recv(1)):
            with contextlib.suppress(BlockingIOError):
                while True:
                    hear()
                    called = True
        return called


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    one = Listener()
    yield one
    one.stream.close()
    one.datagrams.close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, listener: Listener) -> Workshop:
    folder = tmp_path_factory.mktemp("hostile")
    ffmpeg = programs.program_path("ffmpeg")
    for name, size in (("film", "64x48"), ("canary", CANARY_SIZE)):
        sources = ["-f", "lavfi", "-i", f"testsrc=s={size}:r=10:d=1.5", "-f", "lavfi", "-i", "sine=d=1.5"]
        coding = ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"]
        subprocess.run([ffmpeg, "-v", "error", *sources, *coding, str(folder / f"{name}.mp4")], check=True)
    (folder / "secret.txt").write_text(CANARY)
    (folder / "made").mkdir()
    films = folder / "film.mp4", folder / "canary.mp4"
    return Workshop(folder / "made", ffmpeg, *films, folder / "secret.txt", listener.port)


@pytest.fixture(autouse=True)
def confined(settings: Any) -> None:
    settings.MEDIA_SANDBOX = programs.REQUIRED


@pytest.fixture
def swollen(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Kilobytes of memory that each program of this test held at its most."""
    held: list[int] = []
    wait4 = os.wait4

    def wait(pid: int, options: int) -> Any:
        waited = wait4(pid, options)
        held.append(waited[2].ru_maxrss)
        return waited

    monkeypatch.setattr(programs.os, "wait4", wait)
    return held


@pytest.fixture
def attack(wanda: Any, django_capture_on_commit_callbacks: Any) -> Callable[[Hostile, Workshop], Asset]:
    def do(hostile: Hostile, shop: Workshop) -> Asset:
        file = File(io.BytesIO(hostile.content(shop)), hostile.file_name)
        asset = uploads.upload_asset(by=wanda, at=AT, asset_uuid=uuid.uuid4(), title="film", file=file)
        with django_capture_on_commit_callbacks(execute=True):
            transcoding.run_attempt(clock=timezone.now, asset_uuid=asset.uuid, token=uuid.uuid4())
        asset.refresh_from_db()
        return asset

    return do


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("hostile", CORPUS, ids=lambda hostile: hostile.name)
def test_a_hostile_file(
    hostile: Hostile,
    attack: Callable[[Hostile, Workshop], Asset],
    shop: Workshop,
    listener: Listener,
    storage: Path,
    swollen: list[int],
) -> None:
    asset = attack(hostile, shop)

    assert (asset.state, tuple(asset.reasons)) == ("rejected" if hostile.reasons else "ready", hostile.reasons)
    assert not listener.was_called()
    for trace in (CANARY, CANARY_SIZE.replace("x", "×"), str(storage), str(shop.folder.parent)):
        assert trace not in asset.log_tail
    assert (asset.width, asset.height) != tuple(int(side) for side in CANARY_SIZE.split("x"))
    if hostile.reasons:
        assert files_below(storage / "private") == files_below(storage / "media") == []
        assert all(told.code != "internal" for told in explain(asset.reasons))
    assert swollen and max(swollen) < 2048 * 1024


def test_the_corpus_is_large_and_every_file_has_its_own_name() -> None:
    assert len({hostile.name for hostile in CORPUS}) == len(CORPUS) >= 60


def test_a_name_is_shown_and_nothing_else_is_done_with_it(
    attack: Callable[[Hostile, Workshop], Asset], shop: Workshop
) -> None:
    def shown(name: str) -> str:
        return attack(Hostile("named", lambda shop: b"a note", ("not_media",), name), shop).source_name

    assert shown("../../../etc/passwd") == "passwd"
    assert shown("a\0b\n.mp4") == "ab.mp4"
    assert shown("-i") == "-i"
    assert len(shown("长" * 3000 + ".mp4")) == SOURCE_NAME_CHARS_MAX


def test_what_is_rejected_keeps_its_name_size_and_digest_and_loses_its_content(
    attack: Callable[[Hostile, Workshop], Asset], shop: Workshop, storage: Path
) -> None:
    asset = attack(Hostile("note", lambda shop: b"abc", ("not_media",)), shop)

    assert (asset.source_name, asset.bytes) == ("film.mp4", 3)
    assert asset.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert not asset.source
    assert files_below(storage) == []


def test_an_original_is_there_as_long_as_the_rejection_is_not_certain(wanda: Any, storage: Path) -> None:
    file = File(io.BytesIO(b"abc"), "film.mp4")
    asset = uploads.upload_asset(by=wanda, at=AT, asset_uuid=uuid.uuid4(), title="film", file=file)

    # The test's own transaction is never committed, so neither is this.
    transcoding.run_attempt(clock=timezone.now, asset_uuid=asset.uuid, token=uuid.uuid4())

    assert [path.name for path in files_below(storage)] == [str(asset.uuid)]


def test_an_empty_file_does_not_even_arrive(wanda: Any, storage: Path) -> None:
    with pytest.raises(uploads.UploadEmpty):
        uploads.upload_asset(
            by=wanda, at=AT, asset_uuid=uuid.uuid4(), title="film", file=File(io.BytesIO(b""), "film.mp4")
        )

    assert files_below(storage) == []


def test_a_file_of_holes_is_no_film(wanda: Any, storage: Path) -> None:
    """Five gigabytes that take no room: the row is made by hand, because an upload reads them."""
    one = uuid.uuid4()
    (storage / "private" / "sources").mkdir(parents=True)
    with (storage / "private" / "sources" / str(one)).open("wb") as file:
        file.truncate(5 * 1024**3)
    facts = {"source_name": "film.mp4", "bytes": 5 * 1024**3, "sha256": "0" * 64, "uploaded_by": wanda}
    Asset.objects.create(uuid=one, source=f"sources/{one}", uploaded_at=AT, woken_at=AT, **facts)

    assert transcoding.run_attempt(clock=timezone.now, asset_uuid=one, token=uuid.uuid4()) == "rejected"

    assert Asset.objects.get(uuid=one).reasons == ["not_media"]


def test_a_file_that_wants_too_much_is_too_costly(
    attack: Callable[[Hostile, Workshop], Asset], shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where even a good film's report is longer than what a program may print."""
    monkeypatch.setattr(programs, "PROGRAM_OUTPUT_BYTES_MAX", 100)

    asset = attack(Hostile("good", lambda shop: shop.film.read_bytes(), ()), shop)

    assert (asset.state, asset.reasons) == ("rejected", ["too_costly"])


OPEN = (
    *("-v", "error", "-protocol_whitelist", "file,http,tcp,crypto,data,pipe,subfile,concat,rtp,udp", "-of", "json"),
    *("-show_streams", "-count_packets"),
)
HLS = ("-f", "hls", "-allowed_extensions", "ALL", "-extension_picky", "0")
CONCAT = ("-f", "concat", "-safe", "0")
HARM = {
    "hls of a local film": HLS,
    "hls of an address": HLS,
    "hls whose key is an address": HLS,
    "hls of lists": HLS,
    "concat of a local film": CONCAT,
    "concat of an address": CONCAT,
    "mov of an alias": ("-f", "mov", "-enable_drefs", "1", "-use_absolute_path", "1"),
}


def harm(hostile: Hostile, shop: Workshop, folder: Path, listener: Listener) -> bool:
    """Whether a program to which everything is open reads the canary, or calls; it is stopped once it called."""
    source = folder / "source"
    source.write_bytes(hostile.content(shop))
    command = [*OPEN, *HARM[hostile.name], f"file:{source}"]
    leash, over, called = programs.Leash(), threading.Event(), threading.Event()

    def hear() -> None:
        while not over.wait(0.05):
            if listener.was_called():
                called.set()
                leash.stop()

    hearing = threading.Thread(target=hear)
    hearing.start()
    try:
        with programs.held_by(leash):
            printed = programs.run("ffprobe", command, folder=folder, timeout_s=HARM_WITHIN_S)
    except programs.ProgramFailed:
        printed = "{}"
    finally:
        over.set()
        hearing.join()
    read = [stream for stream in json.loads(printed).get("streams", []) if int(stream.get("nb_read_packets", 0))]
    return listener.was_called() or called.is_set() or bool(read)


@pytest.mark.parametrize("name", HARM)
def test_the_sandbox_holds_a_program_that_would_open_everything(
    name: str, shop: Workshop, listener: Listener, settings: Any, tmp_path: Path
) -> None:
    hostile = next(one for one in [*LISTS, *REFERENCES] if one.name == name)

    assert not harm(hostile, shop, tmp_path, listener)

    settings.MEDIA_SANDBOX = programs.OFF
    assert harm(hostile, shop, tmp_path, listener)
