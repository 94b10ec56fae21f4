"""What the morning's letter asks."""

from typing import Any

from lms.accounts.models import User
from lms.teachers.queries.applications import applications_waiting


def files_waiting(sender: Any, viewer: User, **kwargs: Any) -> dict[str, int]:
    return {"files": applications_waiting(viewer).count()}
