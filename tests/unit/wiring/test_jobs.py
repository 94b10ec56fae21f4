"""What the clock of the workers starts is there to be started: a job under another name fails only at night."""

from django.conf import settings

from lms.celery import app


def test_every_job_of_the_clock_is_a_task_of_a_worker() -> None:
    app.loader.import_default_modules()

    named = {each["task"] for each in settings.CELERY_BEAT_SCHEDULE.values()}

    assert len(named) == len(settings.CELERY_BEAT_SCHEDULE)
    assert named - set(app.tasks) == set()
