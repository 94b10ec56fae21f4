"""What an archive holds when files change, shrink and go while it is written."""

import io
import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lms.wiring.archives import READ_BYTES, READS_MAX, CannotPack, pack, unpack


class Meanwhile(io.BytesIO):
    """An archive; whenever the header of a member is written, something else happens."""

    def __init__(self, name: str, happens: Callable[[], object]) -> None:
        super().__init__()
        self.beginning, self.happens = f"{name}\0".encode(), happens

    def write(self, content: Any) -> int:
        written = super().write(content)
        if bytes(content).startswith(self.beginning):
            self.happens()
        return written


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """Three files, the second one longer than one read, and a folder of two."""
    folder = tmp_path / "media"
    for name, length in {"a": 1000, "b": READ_BYTES + 1000, "c": 1024, "d/e": 1, "d/f": 0}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name[-1].encode() * length)
    return folder


def packed(folder: Path, archive: io.BytesIO) -> dict[str, int | None]:
    """The members, each file with its length; every file must hold its own letter alone."""
    pack(archive, {"media": folder})
    return held(archive)


def held(archive: io.BytesIO) -> dict[str, int | None]:
    archive.seek(0)
    found: dict[str, int | None] = {}
    with tarfile.open(fileobj=archive) as tar:
        for member in tar:
            content = tar.extractfile(member)
            letters = content.read() if content is not None else b""
            assert set(letters) <= {ord(member.name[-1])}
            found[member.name] = len(letters) if member.isfile() else None
    return found


WHOLE = {
    "media": None,
    "media/a": 1000,
    "media/b": READ_BYTES + 1000,
    "media/c": 1024,
    "media/d": None,
    "media/d/e": 1,
    "media/d/f": 0,
}


def without(*names: str) -> dict[str, int | None]:
    return {name: length for name, length in WHOLE.items() if name not in names}


def test_it_holds_everything_when_nothing_happens(media: Path) -> None:
    assert packed(media, io.BytesIO()) == WHOLE


def test_what_is_gone_when_its_turn_comes_is_left_out(media: Path) -> None:
    """The folder was listed before, so all of them were to come."""

    def remove() -> None:
        (media / "b").unlink()
        shutil.rmtree(media / "d")

    archive = Meanwhile("media/a", remove)

    assert packed(media, archive) == without("media/b", "media/d", "media/d/e", "media/d/f")


def test_a_file_inside_a_listed_folder_is_left_out_too(media: Path) -> None:
    archive = Meanwhile("media/d/e", (media / "d/f").unlink)

    assert packed(media, archive) == without("media/d/f")


def test_a_file_that_goes_while_it_is_read_is_read_to_its_end(media: Path) -> None:
    archive = Meanwhile("media/b", (media / "b").unlink)

    assert packed(media, archive) == WHOLE


@pytest.mark.parametrize("length", [0, 700, READ_BYTES])
def test_a_file_that_becomes_shorter_is_held_as_it_then_is(media: Path, length: int) -> None:
    archive = Meanwhile("media/b", lambda: os.truncate(media / "b", length))

    assert packed(media, archive) == {**WHOLE, "media/b": length}


def test_a_file_that_grows_is_held_as_it_was(media: Path) -> None:
    archive = Meanwhile("media/b", lambda: os.truncate(media / "b", READ_BYTES * 3))

    assert packed(media, archive) == WHOLE


def test_a_file_that_becomes_shorter_and_goes_leaves_no_trace(media: Path) -> None:
    def lose() -> None:
        os.truncate(media / "b", 10)
        (media / "b").unlink()

    assert packed(media, Meanwhile("media/b", lose)) == without("media/b")


def test_a_file_that_becomes_shorter_again_and_again_is_given_up(media: Path) -> None:
    reads: list[int] = []

    def cut() -> None:
        reads.append(os.stat(media / "b").st_size)
        os.truncate(media / "b", reads[-1] // 2)

    with pytest.raises(CannotPack, match="media/b becomes shorter whenever it is read"):
        packed(media, Meanwhile("media/b", cut))

    assert len(reads) == READS_MAX


def test_what_is_to_be_left_out_is_not_even_entered(media: Path) -> None:
    archive = io.BytesIO()

    pack(archive, {"media": media}, without={"media/a", "media/d", "d/e"})

    assert held(archive) == without("media/a", "media/d", "media/d/e", "media/d/f")


@pytest.mark.parametrize("make", [lambda path: path.symlink_to("a"), os.mkfifo], ids=["link", "pipe"])
def test_what_is_neither_file_nor_folder_is_refused(media: Path, make: Callable[[Path], object]) -> None:
    make(media / "x")

    with pytest.raises(CannotPack, match="x is neither a file nor a folder"):
        packed(media, io.BytesIO())


def test_the_folder_itself_may_be_a_link_or_missing(media: Path, tmp_path: Path) -> None:
    (tmp_path / "linked").symlink_to(media)
    archive = io.BytesIO()

    pack(archive, {"media": tmp_path / "linked", "private": tmp_path / "nowhere"})

    assert held(archive) == WHOLE


def test_names_modes_and_contents_come_back(media: Path, tmp_path: Path) -> None:
    name = "电工" + "很长" * 40 + ".ts"
    (media / "d" / name).write_bytes(os.urandom(3000))
    (media / "d" / name).chmod(0o640)
    (media / "d").chmod(0o750)
    with (tmp_path / "media.tar").open("wb") as archive:
        pack(archive, {"media": media})

    unpack(tmp_path / "media.tar", {"media": tmp_path / "restored"})

    def facts(folder: Path) -> dict[str, tuple[int, bytes]]:
        return {
            str(path.relative_to(folder)): (path.stat().st_mode, path.read_bytes() if path.is_file() else b"")
            for path in folder.rglob("*")
        }

    assert facts(tmp_path / "restored") == facts(media)
    assert len(facts(media)) == 7
