"""Make the next key that signs. The former one is published until everything that it signed has expired."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lms.exchange.actions.keys import rotate_key
from lms.signing import NoSigningKey


class Command(BaseCommand):
    help = "Make a new signing key and publish it; it signs ten minutes later."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--leaked",
            action="store_true",
            help="somebody else has the old key: the new one signs at once, nothing signed before is believed",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            key = rotate_key(by=None, at=datetime.now(UTC), has_leaked=options["leaked"])
        except NoSigningKey as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{key.kid} signs from {key.signs_from:%Y-%m-%d %H:%M:%S} UTC on")
