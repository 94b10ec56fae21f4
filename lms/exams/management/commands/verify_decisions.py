"""Judge every decision of the exam gate again; print every difference, and end with 1 if there is one."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lms.exams.queries.replays import replayed
from lms.signing import NoSigningKey

TELL_EVERY = 10_000


class Command(BaseCommand):
    help = "Judge all kept decisions again and print each that does not come out as it was kept."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._verify()
        except NoSigningKey as error:
            raise CommandError(f"Signatures cannot be verified: {error}") from None

    def _verify(self) -> None:
        count = found = 0
        for each in replayed():
            count += 1
            for difference in each.differences:
                found += 1
                self.stdout.write(f"decision {each.decision.uuid}: {difference}")
            if count % TELL_EVERY == 0:
                self.stderr.write(f"{count} decisions, {found} differences so far")
        if found:
            raise CommandError(f"{found} differences in {count} decisions")
        self.stdout.write(f"{count} decisions, no difference")
