"""Give every training institution that has none yet its shelf in the content administration; twice changes nothing."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from lms.institutions.actions.shelves import open_shelf
from lms.institutions.models import Institution, InstitutionKind


class Command(BaseCommand):
    help = "Open the shelves of training institutions that were opened before there were any."

    def handle(self, *args: Any, **options: Any) -> None:
        waiting = Institution.objects.filter(kind=InstitutionKind.TRAINING, shelf__isnull=True).order_by("pk")
        for number, institution in enumerate(waiting, start=1):
            open_shelf(by=None, at=timezone.now(), institution=institution)
            self.stdout.write(f"{number}: {institution}")
