"""The pipeline's jobs. Each makes one call; the rows of the assets decide what there is to do."""

import uuid

from celery import shared_task
from django.utils import timezone

from media_pipeline.actions import attempts, chunks, orphans
from media_pipeline.actions.transcoding import run_attempt
from media_pipeline.actions.waking import TRANSCODE_TASK


@shared_task(name=TRANSCODE_TASK)
def transcode(asset_uuid: str) -> None:
    run_attempt(clock=timezone.now, asset_uuid=uuid.UUID(asset_uuid), token=uuid.uuid4())


@shared_task(name="media_pipeline.requeue_stale")
def requeue_stale() -> None:
    attempts.requeue_stale(at=timezone.now())
    chunks.sweep_chunks(at=timezone.now())


@shared_task(name="media_pipeline.clear_orphans")
def clear_orphans() -> None:
    orphans.clear_orphans(at=timezone.now())
