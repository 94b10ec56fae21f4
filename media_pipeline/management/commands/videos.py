"""Lists the videos whose job is not over or ended in quarantine, and sends one of those to the workers again."""

import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from media_pipeline import queries
from media_pipeline.actions import uploads
from media_pipeline.models import Asset


class Command(BaseCommand):
    help = "List the videos that are being prepared or are quarantined; --again UUID tries a quarantined one again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--again", type=uuid.UUID, metavar="UUID", help="send this quarantined video to a worker")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["again"] is not None:
            self._again(options["again"])
            return
        jobs = list(queries.unfinished_jobs())
        for asset in jobs:
            self.stdout.write(_line(asset))
        if not jobs:
            self.stdout.write("No video waits, is being prepared or is quarantined.")

    def _again(self, asset_uuid: uuid.UUID) -> None:
        try:
            asset = uploads.try_again(by=None, at=timezone.now(), asset_uuid=asset_uuid)
        except uploads.NotAllowed:
            raise CommandError(f"No video {asset_uuid} is quarantined.") from None
        self.stdout.write(f"{asset.uuid} waits for a worker again: {asset.title}")


def _line(asset: Asset) -> str:
    done = queries.finished_chunks(asset)
    parts = f", {done[0]} of {done[1]} chunks" if done[1] else ""
    reasons = f" ({', '.join(asset.reasons)})" if asset.reasons else ""
    return f"{asset.uuid}  {asset.state}{reasons}  {asset.percent} %{parts}, attempt {asset.attempts}  {asset.title}"
