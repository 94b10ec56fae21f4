"""`manage.py transcode`, as a program of its own: no database, no keys, and whole or nothing."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from django.conf import settings


def transcode(*arguments: object, data_dir: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "manage.py", "transcode", *map(str, arguments)]
    # Nobody listens there: whoever asked a database would fail.
    servers = {"DATABASE_URL": "postgres://x:x@127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1/0"}
    environment = {**os.environ, **servers, "DATA_DIR": str(data_dir)}
    return subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True)


def test_a_file_becomes_a_folder_that_any_player_opens(clip: Callable[..., Path], tmp_path: Path) -> None:
    out = tmp_path / "out"

    done = transcode(clip(9, "640x480"), "--out", out, data_dir=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "100 %" in done.stderr
    assert done.stdout == f"{out}/master.m3u8: 9.000 s, 640x480, 480x360\n"
    assert sorted(path.name for path in out.iterdir()) == [
        *("360", "480", "master.m3u8", "poster.jpg", "report.json", "sprite-000.jpg", "sprites.vtt"),
    ]
    assert "480/index.m3u8" in (out / "master.m3u8").read_text()
    assert json.loads((out / "report.json").read_text())["duration_ms"] == 9_000

    again = transcode(clip(9, "640x480"), "--out", out, data_dir=tmp_path)

    assert again.returncode == 1
    assert "is not an empty folder; nothing was touched" in again.stderr


def test_what_is_no_video_is_refused_in_words_and_leaves_nothing(tmp_path: Path) -> None:
    note, out = tmp_path / "note.mp4", tmp_path / "out"
    note.write_text("only a note")

    refused = transcode(note, "--out", out, data_dir=tmp_path)
    missing = transcode(tmp_path / "nothing", "--out", out, data_dir=tmp_path)

    assert (refused.returncode, missing.returncode) == (1, 1)
    assert "This file is not a video." in refused.stderr
    assert "is not a file" in missing.stderr
    assert not out.exists()
