"""How programs are run: without secrets, within a time, and never beyond the life of who asked."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from media_pipeline import programs


@pytest.fixture
def shell(settings: Any, tmp_path: Path) -> Any:
    """Runs a line of shell in the place of ffmpeg; unconfined, because a shell starts other programs."""
    settings.FFMPEG_BINARY = "/bin/sh"
    settings.MEDIA_SANDBOX = programs.OFF

    def run(line: str, timeout_s: float = 10, **options: Any) -> str:
        return programs.run("ffmpeg", ["-c", line], folder=tmp_path, timeout_s=timeout_s, **options)

    return run


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def eventually_gone(pid: int) -> bool:
    ends = time.monotonic() + 10
    while is_running(pid) and time.monotonic() < ends:
        time.sleep(0.05)
    return not is_running(pid)


def test_a_program_sees_no_secret_and_only_its_folder(
    shell: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SECRET_KEY", "do-not-tell")

    printed = shell("env; pwd; cat")

    assert "do-not-tell" not in printed
    assert printed.splitlines()[-1] == str(tmp_path)


def test_an_error_keeps_the_end_of_what_it_complained(shell: Any) -> None:
    with pytest.raises(programs.ProgramFailed) as caught:
        shell("seq 20000 | sed s/.*/complaint/ >&2; echo the end >&2; exit 3")

    assert caught.value.tail.endswith("complaint\nthe end\n")
    assert len(caught.value.tail) == 4000


def test_a_program_that_takes_too_long_is_killed_with_its_children(shell: Any, tmp_path: Path) -> None:
    begun = time.monotonic()

    with pytest.raises(programs.ProgramTimedOut):
        shell("sleep 60 & echo $! > child; wait", timeout_s=1)

    assert time.monotonic() - begun < 20
    assert eventually_gone(int((tmp_path / "child").read_text()))


def test_an_error_while_listening_kills_the_program(shell: Any, tmp_path: Path) -> None:
    def on_line(line: str) -> None:
        raise KeyError(line)

    with pytest.raises(KeyError):
        shell("echo $$ > me; echo go; sleep 60", on_line=on_line)

    assert eventually_gone(int((tmp_path / "me").read_text()))


def test_a_program_that_prints_without_end_is_stopped(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "PROGRAM_OUTPUT_BYTES_MAX", 1000)

    with pytest.raises(programs.ProgramFailed):
        shell("yes")


@pytest.mark.parametrize("sandbox", [programs.OFF, programs.WHERE_POSSIBLE])
def test_a_program_dies_with_a_worker_that_is_killed(tmp_path: Path, sandbox: str) -> None:
    """As after `kill -9` of a worker: nobody is left to clean up."""
    worker = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from pathlib import Path\n"
            "from django.conf import settings\n"
            f"settings.configure(FFMPEG_BINARY='/bin/sh', MEDIA_SANDBOX={sandbox!r})\n"
            "from media_pipeline import programs\n"
            "line = 'echo $$ > me; while :; do :; done'\n"
            f"programs.run('ffmpeg', ['-c', line], folder=Path({str(tmp_path)!r}), timeout_s=60)\n",
        ],
        cwd=Path(__file__).resolve().parents[3],
    )
    ends = time.monotonic() + 30
    while not ((tmp_path / "me").exists() and (tmp_path / "me").read_text()) and time.monotonic() < ends:
        time.sleep(0.05)
    program = int((tmp_path / "me").read_text())
    assert is_running(program)

    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()

    assert eventually_gone(program)
