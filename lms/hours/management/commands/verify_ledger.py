"""Prove that stored totals equal a replay of the entries; print every difference, and end with 1 if there is one."""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lms.hours.actions.proving import prove_ledger


class Command(BaseCommand):
    help = "Recompute every total of the hours ledger from its entries and print any difference."

    def handle(self, *args: Any, **options: Any) -> None:
        proof = prove_ledger(clock=lambda: datetime.now(UTC), tell=self.stdout.write, told_on_the_way=self.stderr.write)
        if proof.faults:
            raise CommandError(
                f"{proof.differences} differences in the hours of {proof.learners} learners; "
                f"{proof.orphans} entries without a clock."
            )
        self.stdout.write(f"{proof.learners} learners, no difference")
