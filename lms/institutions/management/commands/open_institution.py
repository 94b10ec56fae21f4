"""Open a training or exam institution and print its uuid; with `--uuid` twice is once."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from lms.institutions.actions import BadCreditCode, BadInstitutionName, open_institution
from lms.institutions.models import InstitutionKind, Region


class Command(BaseCommand):
    help = "Open a training or exam institution in a region."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name_zh", metavar="NAME_ZH", help="its name in Chinese")
        parser.add_argument("--kind", choices=InstitutionKind.values, required=True, help="it trains or it examines")
        parser.add_argument("--region", metavar="CODE", required=True, help="whose authority supervises it")
        parser.add_argument("--name-en", default="", help="its name in English")
        parser.add_argument("--credit-code", default="", help="unified social credit code of its body, 18 signs")
        parser.add_argument("--uuid", type=UUID, help="made by the caller, so that the command can be repeated")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            opened = open_institution(
                by=None,
                at=datetime.now(UTC),
                kind=options["kind"],
                name_zh=options["name_zh"],
                region=_region(options["region"]),
                name_en=options["name_en"],
                credit_code=options["credit_code"],
                uuid=options["uuid"],
            )
        except (BadCreditCode, BadInstitutionName) as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(str(opened.uuid))


def _region(code: str) -> Region:
    found = Region.objects.filter(code=code).first()
    if found is None:
        raise CommandError(f"--region is {code!r}; it must be the code of a region.")
    return found
