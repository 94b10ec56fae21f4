"""Write a backup folder: the database, the media files, and a manifest to compare a restore with."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lms.wiring.archives import CannotPack
from lms.wiring.backups import BackupRefused, back_up


class Command(BaseCommand):
    help = (
        "Back up the database and the media files while the system runs. The keys are not in it: keep them elsewhere."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", type=Path, required=True, help="a folder that does not exist yet")
        parser.add_argument("--without-media", action="store_true", help="where media are backed up by other means")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest = back_up(options["to"], at=datetime.now(UTC), with_media=not options["without_media"])
        except (BackupRefused, CannotPack) as refused:
            raise CommandError(str(refused)) from None
        except OSError as error:
            raise CommandError(f"No backup was made: {error}") from None
        rows = sum(number for number, _digest in manifest["tables"].values())
        self.stdout.write(f"{options['to']}: {len(manifest['tables'])} tables, {rows} rows")
        if manifest["media_bucket"]:
            self.stdout.write(f"media are not in it: they lie in the bucket {manifest['media_bucket']}")
