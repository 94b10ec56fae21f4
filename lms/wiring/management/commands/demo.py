"""Load the demo, or tell what it holds. Works beside a running `make run`; running it twice changes nothing."""

import json
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from lms.celery import app
from lms.wiring.actions.demo import build_demo
from lms.wiring.actions.samples import SamplesMissing, sample_files
from lms.wiring.queries.demo import demo_facts
from media_pipeline.models import Asset
from media_pipeline.rules import states
from media_pipeline.tasks import transcode

WAIT_S_MAX = 600
LOOK_EVERY_S = 1.0


class Command(BaseCommand):
    help = "Load the demo: people, courses with real transcoded clips, classes, sittings."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print what the demo holds as JSON, and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        say = (lambda line: None) if options["json"] else self._say
        try:
            requirements = Path(settings.BASE_DIR) / "requirements" / "samples.txt"
            footage = sample_files(settings.DATA_DIR / "samples", requirements)
            build_demo(at=timezone.now(), footage=footage, transcoded=_transcoded, say=say)
        except SamplesMissing as missing:
            raise CommandError(str(missing)) from None
        if options["json"]:
            self.stdout.write(json.dumps(demo_facts(), ensure_ascii=False))

    def _say(self, line: str) -> None:
        self.stdout.write(f"  demo: {line}")


def _transcoded(assets: list[Asset]) -> Iterator[str]:
    """Wait until the worker has made every asset ready; without a worker, do its work here."""
    waiting = [asset for asset in assets if asset.state != states.READY]
    if waiting and not app.control.ping(timeout=1.0):
        for asset in waiting:
            yield f"transcoding {asset.source_name} here, no worker is running"
            transcode(str(asset.uuid))
    began = time.monotonic()
    said: dict[object, int] = {}
    while waiting:
        waiting = list(Asset.objects.filter(pk__in=[asset.pk for asset in waiting]).exclude(state=states.READY))
        for asset in waiting:
            if asset.state in (states.REJECTED, states.QUARANTINED):
                raise CommandError(f"{asset.source_name} could not be transcoded: {asset.reasons}")
            if asset.percent >= said.get(asset.pk, 0) + 25:
                said[asset.pk] = asset.percent
                yield f"transcoding {asset.source_name}: {asset.percent} %"
        if waiting and time.monotonic() - began > WAIT_S_MAX:
            raise CommandError(f"The sample clips were not transcoded within {WAIT_S_MAX} s; see the worker's log.")
        if waiting:
            time.sleep(LOOK_EVERY_S)
