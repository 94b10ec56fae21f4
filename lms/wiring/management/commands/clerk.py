"""Do what a web process leaves to its clerks, until its input ends. A web process starts them by itself."""

import os
import signal
import sys
from typing import Any

from django.core.management.base import BaseCommand

from lms.hours.consumers.clerks import work


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # made by its web process; half of what they load is for pages
    help = "Answer the questions of a web process on standard input; web processes start their clerks themselves."

    def handle(self, *args: Any, **options: Any) -> None:
        # What ends the web process is told to the whole group; a clerk is needed until its last socket is gone.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nothing else may be said among the answers
        work(sys.stdin.buffer, answers)
