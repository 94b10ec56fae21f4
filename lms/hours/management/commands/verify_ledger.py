"""Prove that stored totals equal a replay of the entries; print every difference, and end with 1 if there is one."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lms.hours.queries.verification import differences, entries_without_a_clock, learners_with_hours

TELL_EVERY = 1000


class Command(BaseCommand):
    help = "Recompute every total of the hours ledger from its entries and print any difference."

    def handle(self, *args: Any, **options: Any) -> None:
        learners = found = 0
        for learner_id in learners_with_hours():
            learners += 1
            for line in differences(learner_id):
                found += 1
                self.stdout.write(line)
            if learners % TELL_EVERY == 0:
                self.stderr.write(f"{learners} learners, {found} differences so far")
        orphans = entries_without_a_clock()
        if found or orphans:
            raise CommandError(
                f"{found} differences in the hours of {learners} learners; {orphans} entries without a clock."
            )
        self.stdout.write(f"{learners} learners, no difference")
