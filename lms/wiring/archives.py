"""`media.tar`: files packed while others write and remove them, and unpacked below folders that may be others.

Written and read by hand. `tarfile` lists a folder once, fails on what has gone since, and leaves half a file behind
when one became shorter; below Python 3.11.4 it can neither rename a member nor keep one from leaving its folder.
"""

import errno
import os
import shutil
import stat
import tarfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import BinaryIO

READ_BYTES = 1024 * 1024
READS_MAX = 3
# The second is how a file is told to be gone that another machine removed from a shared folder.
GONE = frozenset({errno.ENOENT, errno.ESTALE})


class CannotPack(Exception):
    """Something lies there that a restore could not make again; says what and where."""


def pack(archive: BinaryIO, folders: Mapping[str, Path], *, without: Collection[str] = ()) -> None:
    """Append each folder under its name, with all that is in it but the members in `without`.

    What is gone when its turn comes is left out; what is being read when it goes is read to its end. Raises CannotPack.
    """
    for name, folder in folders.items():
        if folder.is_dir():
            # The folder itself may be a link to another disk.
            _add(archive, folder.resolve(), name, without)
    archive.write(bytes(2 * tarfile.BLOCKSIZE))


def unpack(source: Path, folders: Mapping[str, Path]) -> None:
    """Put every member below the folder of its first name. Files and folders, and nothing else."""
    with tarfile.open(source) as tar:
        for member in tar:
            name, _slash, rest = member.name.partition("/")
            root = folders[name].resolve()
            target = (root / rest).resolve()
            if not target.is_relative_to(root):
                raise ValueError(f"{source.name} holds {member.name!r}, which leads out of its folder")
            if member.isdir():
                target.mkdir(parents=True, exist_ok=True)
            elif (content := tar.extractfile(member)) is not None:
                with content, target.open("wb") as file:
                    shutil.copyfileobj(content, file)
            else:
                raise ValueError(f"{source.name} holds {member.name!r}, which is neither a file nor a folder")
            target.chmod(member.mode & 0o777)


def _add(archive: BinaryIO, path: Path, name: str, without: Collection[str]) -> None:
    start, inside = archive.tell(), list[Path]()
    try:
        status = path.lstat()
        if stat.S_ISDIR(status.st_mode):
            inside = sorted(each for each in path.iterdir() if f"{name}/{each.name}" not in without)
            archive.write(_header(name, status))
        elif stat.S_ISREG(status.st_mode):
            _add_file(archive, path, name)
        else:
            raise CannotPack(f"{path} is neither a file nor a folder; a restore could not make it again.")
    except OSError as error:
        if error.errno not in GONE:
            raise
        _cut(archive, start)
    for each in inside:
        _add(archive, each, f"{name}/{each.name}", without)


def _add_file(archive: BinaryIO, path: Path, name: str) -> None:
    """As long as it is when it is opened. One that became shorter while it was read is read again."""
    start = archive.tell()
    for _ in range(READS_MAX):
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            archive.write(_header(name, status))
            left = status.st_size
            while left and (part := file.read(min(left, READ_BYTES))):
                archive.write(part)
                left -= len(part)
        if not left:
            archive.write(bytes(-status.st_size % tarfile.BLOCKSIZE))
            return
        _cut(archive, start)
    raise CannotPack(f"{path} becomes shorter whenever it is read.")


def _header(name: str, status: os.stat_result) -> bytes:
    member = tarfile.TarInfo(name)
    member.mode, member.mtime = stat.S_IMODE(status.st_mode), int(status.st_mtime)
    if stat.S_ISDIR(status.st_mode):
        member.type = tarfile.DIRTYPE
    else:
        member.size = status.st_size
    return member.tobuf()


def _cut(archive: BinaryIO, start: int) -> None:
    archive.seek(start)
    archive.truncate()
