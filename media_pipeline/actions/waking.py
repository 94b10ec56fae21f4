"""Wakes a worker for an asset, after the commit.

Only a wake-up: whether there is work is written in the asset's row. A broker that is down therefore costs a
delay until the next sweep, never an upload.
"""

import logging
import uuid

from celery import current_app
from django.db import transaction

TRANSCODE_TASK = "media_pipeline.transcode"
logger = logging.getLogger(__name__)


def wake_on_commit(asset_uuid: uuid.UUID) -> None:
    def wake() -> None:
        try:
            current_app.send_task(TRANSCODE_TASK, args=[str(asset_uuid)], retry=False)
        except Exception:
            logger.warning("no worker was woken for asset %s; the next sweep will", asset_uuid, exc_info=True)

    transaction.on_commit(wake)
