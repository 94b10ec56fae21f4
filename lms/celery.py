"""The Celery application; tasks live in each app's tasks.py and make one call to an action."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")

app = Celery("xueshi")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect(weak=False)
def keep_our_logging(**kwargs: Any) -> None:
    """With a receiver here Celery leaves logging alone; settings.LOGGING holds for the worker as for the web."""
