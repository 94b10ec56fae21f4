from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "lms.accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from lms.accounts import receivers  # noqa: F401  (connects them)
