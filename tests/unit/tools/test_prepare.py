"""On a machine where something is missing the commands say what, in one sentence, and do nothing else."""

import os
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from tests.unit.tools.loading import BIN, program


@pytest.fixture
def prepare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The program in an empty clone on a machine with nothing on its PATH, as an ordinary user."""
    module = program("prepare")
    monkeypatch.setattr(module, "BASE", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM_BINARY", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    (tmp_path / "package-lock.json").write_text("{}")
    return module


def test_it_asks_for_a_newer_python() -> None:
    done = subprocess.run(
        ["/bin/sh", str(BIN / "bootstrap"), "run"],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHON": "/nonexistent/python"},
    )

    assert done.returncode == 1
    assert done.stderr.startswith("Python 3.11 or newer is missing: install it (")
    assert done.stderr.count("\n") == 1


def test_it_asks_for_npm(prepare: ModuleType) -> None:
    with pytest.raises(SystemExit, match=r"^npm is missing, which fetches the video player: install Node\.js with npm"):
        prepare._browser_packages()


def test_it_asks_for_the_venv_module(prepare: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare.importlib.util, "find_spec", lambda name: None)

    with pytest.raises(SystemExit, match=r"^Python's venv module is missing: install it \(Debian, Ubuntu: apt-get"):
        prepare._make_virtualenv()


def test_it_asks_for_chromium_and_fonts(prepare: ModuleType) -> None:
    with pytest.raises(SystemExit, match=r"^Chromium is missing, .* install the packages chromium and fonts-noto-cjk"):
        prepare._chromium()


def test_it_refuses_a_named_chromium_that_is_not_there(prepare: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM_BINARY", "/nonexistent/chromium")

    with pytest.raises(SystemExit, match=r"^CHROMIUM_BINARY is '/nonexistent/chromium'; it must be a program"):
        prepare._chromium()


def test_it_fetches_nothing_twice(prepare: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules/.made-from").write_text(prepare._digest("package-lock.json"))

    prepare._browser_packages()


def test_it_asks_for_a_chinese_font_before_the_tests(prepare: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "_has_fonts", lambda: False)

    with pytest.raises(SystemExit, match=r"^A Chinese font is missing, .* install the package fonts-noto-cjk"):
        prepare._fonts(is_needed=True)


def test_the_demo_runs_without_a_chinese_font(
    prepare: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(prepare, "_has_fonts", lambda: False)

    prepare._fonts(is_needed=False)

    assert "A Chinese font is missing" in capsys.readouterr().out
