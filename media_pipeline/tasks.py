"""The pipeline's jobs. Each makes one call; the rows of the assets decide what there is to do."""

import uuid

from celery import shared_task
from django.utils import timezone

from media_pipeline.actions import attempts, checking, chunks, orphans, resumable
from media_pipeline.actions.transcoding import run_attempt
from media_pipeline.actions.waking import CHECK_TASK, TRANSCODE_TASK


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


@shared_task(name=CHECK_TASK)
def check_upload(upload_uuid: str) -> None:
    checking.check_upload(clock=timezone.now, upload_uuid=uuid.UUID(upload_uuid), token=uuid.uuid4())


@shared_task(name="media_pipeline.wake_stale_checks")
def wake_stale_checks() -> None:
    checking.wake_stale_checks(at=timezone.now())


@shared_task(name="media_pipeline.expire_uploads")
def expire_uploads() -> None:
    resumable.expire_uploads(at=timezone.now())
