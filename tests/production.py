"""The production shape on one machine: web processes as deploy/ starts them, behind nginx, on a running system's data.

The settings are those of an installation that serves others (names, TLS, given secrets), so what is tried here would
also start there.
"""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from lms.env.addresses import database_url, free_port, redis_url
from tests import proxies
from tests.systems import BASE, environment

NODE_S_MAX = 90
SECRETS = ("SECRET_KEY", "IDENTITY_KEY", "IDENTITY_MAC_KEY", "MEDIA_KEY")
PUBLIC = {
    "ALLOWED_HOSTS": "localhost,hours.example.cn",
    "BASE_URL": "https://hours.example.cn",
    "TRUSTED_PROXY_COUNT": "1",
    "LOG_FORMAT": "json",
    # The machine of the tests may have no sandbox for films, which these processes never open.
    "MEDIA_SANDBOX": "where_possible",
}


def public_environment(data_dir: Path) -> dict[str, str]:
    """What /etc/xueshi/xueshi.env would say for this data folder."""
    given = {name: (data_dir / "secrets" / name).read_text().strip() for name in SECRETS}
    addresses = {"DATABASE_URL": database_url(data_dir), "REDIS_URL": redis_url(data_dir)}
    return {**environment(data_dir, 1), **PUBLIC, **given, **addresses}


@dataclass
class WebProcess:
    """One web process on a port that it keeps over restarts."""

    data_dir: Path
    log: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as sink:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--port", str(self.port), "--drain-s", "2"],
                cwd=BASE,
                env=public_environment(self.data_dir),
                stdout=sink,
                stderr=subprocess.STDOUT,
            )

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + NODE_S_MAX
        while not self.is_ready():
            assert self.process is not None
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the web process is not ready:\n{self.log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.2)

    def is_ready(self) -> bool:
        try:
            return self.ask("/readyz").status_code == 200
        except httpx.HTTPError:
            return False

    def ask(self, path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=5, trust_env=False)

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(30)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()


@dataclass(frozen=True)
class Installation:
    proxy: proxies.Proxy
    web: list[WebProcess]


@contextlib.contextmanager
def installed(data_dir: Path) -> Iterator[Installation]:
    """Two web processes behind nginx."""
    folder = data_dir / "nginx"
    folder.mkdir(exist_ok=True)
    web = [WebProcess(data_dir, data_dir / f"web-{number}.log") for number in (1, 2)]
    proxy = proxies.write_rules(folder, port=free_port(), web_ports=[each.port for each in web], data_dir=data_dir)
    os.chmod(folder, 0o755)
    try:
        for each in web:
            each.start()
        for each in web:
            each.wait_until_ready()
        with proxies.running(proxy):
            yield Installation(proxy, web)
    finally:
        for each in web:
            if each.process is not None and each.process.poll() is None:
                each.kill()
