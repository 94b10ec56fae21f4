from django.apps import AppConfig


class ExamsConfig(AppConfig):
    name = "lms.exams"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from lms.accounts.signals import suspended
        from lms.enrollments.signals import enrollment_withdrawn
        from lms.exams import receivers
        from lms.hours.signals import hours_lowered
        from lms.institutions.signals import certificate_revoked, institution_suspended, weight_asked
        from lms.letters.signals import waiting_asked

        hours_lowered.connect(receivers.hours_lowered, dispatch_uid="lms.exams.hours_lowered")
        institution_suspended.connect(receivers.institution_suspended, dispatch_uid="lms.exams.institution_suspended")
        certificate_revoked.connect(receivers.certificate_revoked, dispatch_uid="lms.exams.certificate_revoked")
        suspended.connect(receivers.person_suspended, dispatch_uid="lms.exams.person_suspended")
        enrollment_withdrawn.connect(receivers.enrollment_withdrawn, dispatch_uid="lms.exams.enrollment_withdrawn")
        waiting_asked.connect(receivers.waiting_asked, dispatch_uid="lms.exams.waiting_asked")
        weight_asked.connect(receivers.weight_asked, dispatch_uid="lms.exams.weight_asked")
