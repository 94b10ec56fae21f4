"""Brings a bare machine to what a make target needs, then becomes that target's program.

Needs only Python 3.11 and the network. What a lock file asks for is fetched when the lock has changed, by hash; each
stamp is written last, so an interrupted fetch is taken up again. Whatever is missing is said in one sentence.
"""

import ctypes
import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
VENV = BASE / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "made-from"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FONTS = "fonts-noto-cjk"
WITHOUT_BROWSER = (
    "tests/unit",
    "tests/integration",
    "tests/contract",
    "tests/repository",
    "tests/attacks",
    "tests/honest",
    "tests/faults",
)
# What needs no tools of development; everything else does.
SERVES = ("run", "bench", "bench-peers", "bench-reads", "bench-gate", "bench-media")
COMMANDS: dict[str, list[str]] = {
    "run": ["-m", "lms.env.run"],
    "test": ["-m", "tests"],
    "faults": ["-m", "tests.faults"],
    "load": ["-m", "bench.mixed"],
    "bench-sockets": ["-m", "bench.idle"],
    "bench": ["-m", "bench.beats"],
    "bench-peers": ["-m", "bench.peers"],
    "bench-reads": ["-m", "bench.reads"],
    "bench-gate": ["-m", "bench.gate"],
    "bench-media": ["-m", "bench.media"],
    "check": ["bin/check"],
    "lock": ["bin/lock"],
}


def main() -> None:
    target, *arguments = sys.argv[1:] or [""]
    if target not in COMMANDS:
        sys.exit(f"bin/bootstrap knows {', '.join(COMMANDS)}, not {target!r}.")
    os.chdir(BASE)
    # Two targets at once must not fill one virtualenv together.
    door = os.open(BASE, os.O_RDONLY)
    fcntl.flock(door, fcntl.LOCK_EX)
    _python_packages("run" if target in SERVES else "dev")
    if target != "lock":
        _browser_packages()
    if target == "test" and not (arguments and all(one.startswith(WITHOUT_BROWSER) for one in arguments)):
        os.environ["CHROMIUM_BINARY"] = _chromium()
    if target in ("run", "test"):
        _fonts(is_needed=target == "test")
    os.close(door)
    _end_with_make()
    os.execv(PYTHON, [str(PYTHON), *COMMANDS[target], *arguments])


def _python_packages(lock: str) -> None:
    """.venv with exactly the packages of a lock; `dev` contains `run`, so it does for both."""
    wanted = {name: _fingerprint(f"requirements/{name}.txt") for name in ("run", "dev")}
    found = STAMP.read_text().strip() if STAMP.is_file() else ""
    if found in ({wanted["dev"]} if lock == "dev" else set(wanted.values())) and _starts(PYTHON):
        return
    if found not in {"", wanted["run"]} or not _starts(PYTHON):
        _make_virtualenv()
    STAMP.unlink(missing_ok=True)
    _say(f"installing the Python packages of requirements/{lock}.txt (once; about a minute)")
    command = [str(PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input"]
    _fetch([*command, "--require-hashes", "-r", f"requirements/{lock}.txt"], "The Python packages", "pip")
    STAMP.write_text(wanted[lock] + "\n")


def _make_virtualenv() -> None:
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        sys.exit(
            f"Python's venv module is missing: install it (Debian, Ubuntu: apt-get install python3-venv), "
            f"or name another Python than {sys.executable} with PYTHON=."
        )
    if VENV.is_symlink():
        sys.exit(f"{VENV} is a link and does not fit requirements/; remove it, and a virtualenv is made in its place.")
    _say("making .venv")
    shutil.rmtree(VENV, ignore_errors=True)
    _fetch([sys.executable, "-m", "venv", str(VENV)], "The virtualenv", "python -m venv")


def _browser_packages() -> None:
    stamp = BASE / "node_modules" / ".made-from"
    wanted = _digest("package-lock.json")
    if stamp.is_file() and stamp.read_text().strip() == wanted:
        return
    if shutil.which("npm") is None:
        sys.exit(
            "npm is missing, which fetches the video player: install Node.js with npm (apt-get install nodejs npm)."
        )
    _say("fetching the browser packages of package-lock.json")
    _fetch(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], "The browser packages", "npm"
    )
    stamp.write_text(wanted + "\n")


def _chromium() -> str:
    given = os.environ.get("CHROMIUM_BINARY", "").strip()
    if given:
        if shutil.which(given) is None:
            sys.exit(f"CHROMIUM_BINARY is {given!r}; it must be a program of Chromium.")
        return given
    found = _on_path()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        _install("chromium", FONTS)
        found = _on_path()
    if found is None:
        sys.exit(
            "Chromium is missing, in which the tests walk through the pages: install the packages chromium and "
            "fonts-noto-cjk (apt-get install chromium fonts-noto-cjk), or name it with CHROMIUM_BINARY."
        )
    return found


def _fonts(*, is_needed: bool) -> None:
    """Certificates are set in a Chinese font. Without one the demo runs and says so; the tests, which print, cannot."""
    if _has_fonts():
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _install(FONTS)
    if _has_fonts():
        return
    missing = f"A Chinese font is missing, in which certificates are printed: install the package {FONTS} "
    missing += f"(apt-get install {FONTS})."
    if is_needed:
        sys.exit(missing)
    _say(missing)


def _has_fonts() -> bool:
    ask = "from lms.printing import missing_families; raise SystemExit(len(missing_families()))"
    return subprocess.run([str(PYTHON), "-c", ask], check=False, stderr=subprocess.DEVNULL).returncode == 0


def _install(*packages: str) -> None:
    _say(f"installing {' and '.join(packages)}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=False, env=quiet)
    install = ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *packages]
    subprocess.run(install, check=False, env=quiet, stdout=subprocess.DEVNULL)


def _on_path() -> str | None:
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def _end_with_make() -> None:
    """However make ends, the program that this becomes is told; a killed make would leave it running."""
    if sys.platform.startswith("linux"):
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def _starts(python: Path) -> bool:
    try:
        return subprocess.run([str(python), "-c", ""], check=False, stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def _fingerprint(lock: str) -> str:
    """The lock, the Python that made the environment, and its place: a virtualenv cannot be moved."""
    return hashlib.sha256(f"{_digest(lock)} {sys.version} {VENV}".encode()).hexdigest()


def _digest(path: str) -> str:
    return hashlib.sha256((BASE / path).read_bytes()).hexdigest()


def _fetch(command: list[str], what: str, program: str) -> None:
    status = subprocess.run(command, check=False).returncode
    if status != 0:
        sys.exit(f"{what} could not be installed: {program} ended with status {status} and the words above.")


def _say(what: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {what}", flush=True)


if __name__ == "__main__":
    main()
