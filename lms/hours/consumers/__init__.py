"""The study socket. What follows after a frame is in study.py, what all sockets of a process share in hub.py."""

from lms.hours.consumers.study import StudyConsumer

__all__ = ["StudyConsumer"]
