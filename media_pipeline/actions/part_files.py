"""The bytes of unfinished uploads: one file each in private storage, on the disk before anybody is told so.

A file may be longer than what its row promises (a process died between the disk and the commit); what is beyond the
promise is cut off by the next part. It is never shorter. The folder must be one for all web processes and workers.
"""

import contextlib
import errno
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings
from django.core.files import File

from media_pipeline.limits import PIECE_BYTES
from media_pipeline.storage import private_storage, source_path

FOLDER = "uploads"


class BytesLost(Exception):
    """The file is missing, or shorter than what was promised: somebody else touched it, or the disk lost it."""


class DiskFull(Exception):
    """There was no space for a part; nothing of it was kept."""


def part_path(upload_uuid: uuid.UUID) -> Path:
    return Path(settings.PRIVATE_ROOT) / FOLDER / str(upload_uuid)


def begin_file(upload_uuid: uuid.UUID) -> None:
    """An empty file, durable together with its name. One that is there already stays as it is."""
    path = part_path(upload_uuid)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    _sync_folder(path.parent)


def write_part(upload_uuid: uuid.UUID, offset: int, pieces: Iterable[bytes]) -> None:
    """Put these bytes at `offset`, cut off whatever is behind them, and wait for the disk.

    Raises BytesLost when there are fewer than `offset` bytes, DiskFull; after any error the file ends at `offset`
    again, as far as it lets itself be cut.
    """
    try:
        descriptor = os.open(part_path(upload_uuid), os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        raise BytesLost(str(upload_uuid)) from None
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        if os.fstat(file.fileno()).st_size < offset:
            raise BytesLost(str(upload_uuid))
        file.truncate(offset)
        file.seek(offset)
        try:
            for piece in pieces:
                _write_whole(file.fileno(), piece)
            os.fsync(file.fileno())
        except BaseException as error:
            with contextlib.suppress(OSError):
                file.truncate(offset)
            if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFull from error
            raise


def read_pieces(upload_uuid: uuid.UUID) -> Iterator[bytes]:
    """The whole file in pieces of at most PIECE_BYTES. Raises BytesLost when it is nowhere."""
    kept = _kept_path(upload_uuid)
    for path in (part_path(upload_uuid), kept):
        # Where a former attempt put it before it could commit.
        if path is not None and path.is_file():
            with path.open("rb") as file:
                while piece := file.read(PIECE_BYTES):
                    yield piece
            return
    raise BytesLost(str(upload_uuid))


def keep_as_source(upload_uuid: uuid.UUID) -> None:
    """Make the file the original of the asset with this uuid, by another name and not by another copy.

    Only a storage without paths (a bucket) gets the bytes sent. A second call changes nothing.
    """
    name, target, path = source_path(upload_uuid), _kept_path(upload_uuid), part_path(upload_uuid)
    storage = private_storage()
    if target is None:
        if path.is_file() and not storage.exists(name):
            with path.open("rb") as file:
                storage.save(name, File(file))
        return
    if path.is_file():
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Young again: the sweep of orphans spares it until its row is committed, however long the upload had waited.
        os.utime(path)
        os.replace(path, target)
        _sync_folder(target.parent)
        _sync_folder(path.parent)
    elif not target.is_file():
        raise BytesLost(str(upload_uuid))


def remove_file(upload_uuid: uuid.UUID) -> None:
    part_path(upload_uuid).unlink(missing_ok=True)


def stray_files(older_than_s: float, now_s: float) -> Iterator[uuid.UUID]:
    """Files that nobody touched for so long; whether an upload goes with them is the caller's to know."""
    folder = Path(settings.PRIVATE_ROOT) / FOLDER
    for path in folder.iterdir() if folder.is_dir() else ():
        with contextlib.suppress(ValueError, FileNotFoundError):
            found = uuid.UUID(path.name)
            if path.stat().st_mtime < now_s - older_than_s:
                yield found


def bytes_free() -> int:
    """What is left on the disk of private storage."""
    folder = Path(settings.PRIVATE_ROOT)
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


class Hashing:
    """Passes pieces through and hashes them on the way: once for our record, once as the sender did."""

    def __init__(self, pieces: Iterable[bytes], *algorithms: str) -> None:
        self._pieces = pieces
        self._hashes = {name: hashlib.new(name) for name in {"sha256", *algorithms}}
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            for each in self._hashes.values():
                each.update(piece)
            self.size += len(piece)
            yield piece

    def digest(self, algorithm: str = "sha256") -> bytes:
        return self._hashes[algorithm].digest()


def _kept_path(upload_uuid: uuid.UUID) -> Path | None:
    try:
        return Path(private_storage().path(source_path(upload_uuid)))
    except NotImplementedError:
        return None


def _write_whole(descriptor: int, piece: bytes) -> None:
    view = memoryview(piece)
    while view:
        view = view[os.write(descriptor, view) :]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
