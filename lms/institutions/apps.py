"""This app, and Wagtail's admin without its letters about reviews: ours are in both languages (lms.letters)."""

from django.apps import AppConfig
from wagtail.admin.apps import WagtailAdminAppConfig


class InstitutionsConfig(AppConfig):
    name = "lms.institutions"
    default_auto_field = "django.db.models.BigAutoField"
    # Of the two here, the one that "lms.institutions" in INSTALLED_APPS means.
    default = True

    def ready(self) -> None:
        from wagtail.signals import task_submitted

        from lms.accounts.signals import roles_changed
        from lms.institutions.receivers import on_roles_changed, on_submitted

        roles_changed.connect(on_roles_changed, dispatch_uid="lms.institutions.roles_changed")
        task_submitted.connect(on_submitted, dispatch_uid="lms.institutions.submitted")


class AdminWithoutLetters(WagtailAdminAppConfig):
    """Otherwise each decision would be told twice, once in English alone and with a link that authors cannot open."""

    def ready(self) -> None:
        super().ready()
        from wagtail.models import TaskState, WorkflowState
        from wagtail.signals import task_submitted, workflow_approved, workflow_rejected, workflow_submitted

        signals = {
            "group_approval_task_submitted": (task_submitted, TaskState),
            "workflow_state_submitted": (workflow_submitted, WorkflowState),
            "workflow_state_rejected": (workflow_rejected, WorkflowState),
            "workflow_state_approved": (workflow_approved, WorkflowState),
        }
        for name, (signal, sender) in signals.items():
            was_there = signal.disconnect(sender=sender, dispatch_uid=f"{name}_email_notification")
            # Another name in another version of Wagtail would bring the second letters back without a sign.
            assert was_there, name
