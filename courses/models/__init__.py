from courses.models.lesson_page import LessonPage, NotPublishable, study_url
from courses.models.pages import (
    CataloguePage,
    ChapterPage,
    CoursePage,
    TextbookPage,
    TrainingCentrePage,
    VideoLessonPage,
)
from courses.models.versions import Lesson, LessonKind, LessonVersion

__all__ = [
    "CataloguePage",
    "ChapterPage",
    "CoursePage",
    "Lesson",
    "LessonKind",
    "LessonPage",
    "LessonVersion",
    "NotPublishable",
    "TextbookPage",
    "TrainingCentrePage",
    "VideoLessonPage",
    "study_url",
]
