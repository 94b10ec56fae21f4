"""What the clock of the workers starts is there to be started: a job under another name fails only at night."""

from django.conf import settings

from lms.celery import app
from media_pipeline.actions.waking import TRANSCODE_TASK


def test_every_job_of_the_clock_is_a_task_of_a_worker() -> None:
    app.loader.import_default_modules()

    named = {each["task"] for each in settings.CELERY_BEAT_SCHEDULE.values()}

    assert len(named) == len(settings.CELERY_BEAT_SCHEDULE)
    assert named - set(app.tasks) == set()


def test_videos_wait_in_a_queue_of_their_own() -> None:
    def queue(task: str) -> str:
        return str(app.amqp.router.route({}, task)["queue"].name)

    assert queue(TRANSCODE_TASK) == "media"
    assert {queue(each["task"]) for each in settings.CELERY_BEAT_SCHEDULE.values()} == {"celery"}
