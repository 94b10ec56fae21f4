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
    def wake() -> None:
        try:
            current_app.send_task(TRANSCODE_TASK, args=[str(asset_uuid)], retry=False)
        except Exception:
            logger.warning("no worker was woken for asset %s; the next sweep will", asset_uuid, exc_info=True)

    transaction.on_commit(wake)


def wake_check_on_commit(upload_uuid: uuid.UUID) -> None:
    def wake() -> None:
        try:
            current_app.send_task(CHECK_TASK, args=[str(upload_uuid)], retry=False)
        except Exception:
            logger.warning("no worker was woken for upload %s; the next sweep will", upload_uuid, exc_info=True)

    transaction.on_commit(wake)
