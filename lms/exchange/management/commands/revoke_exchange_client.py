"""Revoke a client of the exchange: its tokens open nothing any more, and it gets no new one."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lms.exchange.actions.clients import revoke_client
from lms.exchange.queries.clients import ClientNotFound, client_with_id


class Command(BaseCommand):
    help = "Revoke a client of the exchange."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("client_id")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            client = client_with_id(options["client_id"])
        except ClientNotFound:
            raise CommandError(f"client_id is {options['client_id']!r}; there is no such client.") from None
        revoke_client(by=None, at=datetime.now(UTC), client=client)
        self.stdout.write(f"{client} is revoked since {client.revoked_at:%Y-%m-%d %H:%M:%S} UTC")
