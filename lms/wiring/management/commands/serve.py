"""Serve HTTP and the study sockets in this process until told to stop; one port, one process."""

import signal
import sys
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from lms.wiring.serving import APPLICATION, DRAIN_S, STOP_S_MAX, DrainingServer, config_of

SWITCH_S = 0.000_2
"""How long a thread that opens a session may keep the interpreter while the loop of the sockets wants it back. With the
usual 5 ms beats waited half as long again while many came in."""


class Command(BaseCommand):
    help = "Run one web process. Start several on ports of their own behind a proxy, and restart them one by one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--host", default=settings.LISTEN, help="address to listen on (default: LISTEN, else this machine only)"
        )
        parser.add_argument("--port", type=int, default=8001)
        parser.add_argument(
            "--drain-s", type=float, default=DRAIN_S, help="seconds over which sockets are sent elsewhere at a stop"
        )
        parser.add_argument(
            "--stop-s", type=int, default=STOP_S_MAX, help="seconds that requests under way have at a stop"
        )
        parser.add_argument("--application", default=APPLICATION, help="another one, for measurements beside it")

    def handle(self, *args: Any, **options: Any) -> None:
        # uvicorn raises the signal again after its orderly end; that is then no news.
        signal.signal(signal.SIGTERM, _end)
        config = config_of(
            host=options["host"],
            port=options["port"],
            trusted_proxies=settings.TRUSTED_PROXIES,
            stop_s=options["stop_s"],
            application=options["application"],
        )
        sys.setswitchinterval(SWITCH_S)
        DrainingServer(config, drain_s=options["drain_s"], clerks=settings.STUDY_CLERKS).run()


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)
