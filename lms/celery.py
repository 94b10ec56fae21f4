"""The Celery application; tasks live in each app's tasks.py and make one call to an action."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")

app = Celery("xueshi")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
