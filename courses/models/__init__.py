from courses.models.versions import Lesson, LessonKind, LessonVersion

__all__ = ["Lesson", "LessonKind", "LessonVersion"]
