"""Wakes a worker for an asset or an upload, after the commit.

Only a wake-up: whether there is work is written in the row. A broker that is down therefore costs a
delay until the next sweep, never an upload.
"""

import logging
import uuid

from celery import current_app
from django.db import transaction

TRANSCODE_TASK = "media_pipeline.transcode"
CHECK_TASK = "media_pipeline.check_upload"
logger = logging.getLogger(__name__)


def wake_on_commit(asset_uuid: uuid.UUID) -> None:
    """A worker for an asset, or for a chunk of it."""
    _send_on_commit(TRANSCODE_TASK, asset_uuid)


def wake_check_on_commit(upload_uuid: uuid.UUID) -> None:
    """A worker that reads what was uploaded."""
    _send_on_commit(CHECK_TASK, upload_uuid)


def _send_on_commit(task: str, row: uuid.UUID) -> None:
    def send() -> None:
        try:
            current_app.send_task(task, args=[str(row)], retry=False)
        except Exception:
            logger.warning("no worker was woken for %s (%s); the next sweep will", row, task, exc_info=True)

    transaction.on_commit(send)
