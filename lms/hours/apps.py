from django.apps import AppConfig


class HoursConfig(AppConfig):
    name = "lms.hours"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_out

        from courses.signals import lesson_withdrawn, study_asked
        from lms.accounts.signals import suspended
        from lms.enrollments.signals import class_ended, enrollment_withdrawn
        from lms.hours import receivers

        study_asked.connect(receivers.may_study, dispatch_uid="lms.hours.may_study")
        user_logged_out.connect(receivers.end_login, dispatch_uid="lms.hours.end_login")
        suspended.connect(receivers.end_all_logins, dispatch_uid="lms.hours.end_all_logins")
        lesson_withdrawn.connect(receivers.close_lesson, dispatch_uid="lms.hours.close_lesson")
        class_ended.connect(receivers.close_class, dispatch_uid="lms.hours.close_class")
        enrollment_withdrawn.connect(receivers.close_enrollment, dispatch_uid="lms.hours.close_enrollment")
