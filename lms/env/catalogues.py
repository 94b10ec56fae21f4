"""Compiles the catalogues of translations (.po -> .mo) with Babel, so that no machine needs GNU gettext.

Compiled files are not in git; each appears whole or not at all, since tests and a server may compile at once.
"""

import os
import subprocess
import sys
from pathlib import Path

from lms.env.values import BadSetting


def outdated(locale: Path) -> list[Path]:
    return [
        source for source in sorted(locale.glob("*/LC_MESSAGES/*.po")) if _is_older(source.with_suffix(".mo"), source)
    ]


def compile_catalogues(locale: Path) -> int:
    """Compile what has changed; gives the number of catalogues compiled."""
    sources = outdated(locale)
    for source in sources:
        draft = source.with_suffix(f".mo.{os.getpid()}")
        command = [sys.executable, "-m", "babel.messages.frontend", "compile", "-i", str(source), "-o", str(draft)]
        done = subprocess.run([*command, "-l", source.parts[-3]], check=False, capture_output=True, text=True)
        if done.returncode != 0 or not draft.is_file():
            raise BadSetting(f"{source} cannot be compiled: {done.stderr.strip()[-800:]}")
        draft.replace(source.with_suffix(".mo"))
    return len(sources)


def _is_older(compiled: Path, source: Path) -> bool:
    return not compiled.is_file() or compiled.stat().st_mtime_ns < source.stat().st_mtime_ns


if __name__ == "__main__":
    compile_catalogues(Path(__file__).resolve().parent.parent.parent / "locale")
