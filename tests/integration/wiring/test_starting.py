"""Every program of an installation refuses to start where it would be unsafe, and says why."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

BASE = Path(__file__).resolve().parent.parent.parent.parent
UNSAFE = {"ALLOWED_HOSTS": "*", "BASE_URL": "http://hours.example.cn", "DEBUG": "1"}
PROGRAMS = {
    "web": ["manage.py", "serve", "--port", "1"],
    "uvicorn": ["-m", "uvicorn", "lms.wiring.asgi:application", "--lifespan", "off", "--port", "1"],
    "worker": ["-m", "celery", "-A", "lms", "--quiet", "worker", "--concurrency", "1"],
    "clock": ["-m", "celery", "-A", "lms", "--quiet", "beat", "--pidfile=", "--schedule", "{folder}/schedule"],
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_it_does_not_start(program: list[str], tmp_path: Path) -> None:
    command = [sys.executable, *(word.format(folder=tmp_path) for word in program)]

    done = subprocess.run(
        command, check=False, cwd=BASE, env={**os.environ, **UNSAFE}, capture_output=True, text=True, timeout=120
    )

    assert done.returncode != 0
    for said in ("DEBUG is on", "ALLOWED_HOSTS holds '*'", "BASE_URL is not https", "MEDIA_KEY is not set"):
        assert said in done.stderr + done.stdout
