"""A program that uses the private servers, as tests start it: it says "up", waits for a line, leaves and says "out"."""

import os
import subprocess
import sys
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent.parent.parent
HOLD = """
import sys
from lms.env.servers import running_servers
from lms.env import database_url
with running_servers() as folder:
    print(database_url(folder), flush=True)
    sys.stdin.readline()
print("out", flush=True)
"""


class Holder:
    def __init__(
        self,
        data_dir: Path,
        *,
        source: Path = BASE,
        python: str = sys.executable,
        before: tuple[str, ...] = (),
        **more: str,
    ) -> None:
        dropped = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_ROLE", "REDIS_URL", "PYTHONPATH")
        kept = {name: value for name, value in os.environ.items() if name not in dropped}
        self.process = subprocess.Popen(
            [*before, python, "-c", HOLD],
            cwd=source,
            env={**kept, **more, "DATA_DIR": str(data_dir), "PYTHONPATH": str(source)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def up(self) -> str:
        """Wait until the servers run; gives the database's address."""
        assert self.process.stdout
        address = self.process.stdout.readline().strip()
        if not address:
            raise AssertionError(self.process.communicate()[1])
        return address

    def out(self) -> None:
        """Let it leave, and wait until it has."""
        said, complained = self.process.communicate("\n", timeout=60)
        assert said.endswith("out\n"), complained

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()
