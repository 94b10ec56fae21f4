"""Restore a backup folder into an empty database and empty media folders, and prove that it is what was backed up."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from lms.wiring.backups import BackupRefused, RestoreDiffers, restore


class Command(BaseCommand):
    help = "Restore a backup, compare every table with the manifest, migrate to this version, and verify the ledger."
    # The database is empty, so nothing can be checked yet.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="folder", type=Path, required=True, help="the folder of a backup")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest = restore(options["folder"])
        except (BackupRefused, RestoreDiffers) as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"{len(manifest['tables'])} tables are as they were on {manifest['at']}")
        if manifest.get("media_bucket"):
            self.stdout.write(f"its media lie in the bucket {manifest['media_bucket']}, and were not looked at")
        call_command("migrate", interactive=False, verbosity=0)
        call_command("verify_ledger", stdout=self.stdout)
