"""Which Chromium the functional tests drive, and how it is started."""

import os
import shutil

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
)


def chromium() -> str:
    names = [os.environ["CHROMIUM_BINARY"]] if os.environ.get("CHROMIUM_BINARY") else NAMES
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.exit("Chromium is missing: install chromium and fonts-noto-cjk, or set CHROMIUM_BINARY.", returncode=1)
    return found


def flags() -> list[str]:
    # Chromium's sandbox refuses to run as root.
    return [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else list(FLAGS)
