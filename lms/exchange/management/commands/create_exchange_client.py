"""Make a client of the exchange and print its id and secret; the secret is shown now and never again."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from django.core.management.base import BaseCommand, CommandError

from lms.exchange.actions.clients import ClientRefused, create_client
from lms.exchange.rules.scopes import SCOPES
from lms.institutions.models import Institution, Region


class Command(BaseCommand):
    help = "Make a client of the exchange for an authority's region or for an exam institution."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="whose program it is")
        body = parser.add_mutually_exclusive_group(required=True)
        body.add_argument("--region", metavar="CODE", help="sees the institutions of this region and below")
        body.add_argument("--institution", metavar="UUID", type=UUID, help="sees candidates of this exam institution")
        parser.add_argument("--scope", action="append", choices=SCOPES, help="may be repeated; without it: all")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = create_client(
                by=None,
                at=datetime.now(UTC),
                uuid=uuid4(),
                name=options["name"],
                scopes=options["scope"] or SCOPES,
                region=_region(options["region"]),
                institution=_institution(options["institution"]),
            )
        except ClientRefused as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"client_id {made.client.client_id}")
        self.stdout.write(f"client_secret {made.secret}")


def _region(code: str | None) -> Region | None:
    if code is None:
        return None
    found = Region.objects.filter(code=code).first()
    if found is None:
        raise CommandError(f"--region is {code!r}; it must be the code of a region.")
    return found


def _institution(uuid: UUID | None) -> Institution | None:
    if uuid is None:
        return None
    found = Institution.objects.filter(uuid=uuid).first()
    if found is None:
        raise CommandError(f"--institution is '{uuid}'; it must be the uuid of an exam institution.")
    return found
