"""Putting a picture into the image library from code."""

import hashlib
import io
from datetime import datetime
from typing import Any

from django.core.files.images import ImageFile
from django.db import transaction
from wagtail.images import get_image_model
from wagtail.images.permissions import permission_policy

from courses.actions.permission import MayNotEdit
from media_pipeline.signals import acted


def add_picture(*, by: Any, at: datetime, title: str, name: str, content: bytes) -> Any:
    """The image row. Idempotent by content. MayNotEdit without the right to add images."""
    if by is not None and not permission_policy.user_has_permission(by, "add"):
        raise MayNotEdit("add an image")
    # Wagtail's own fingerprint of an image, which it uses to find duplicates.
    found = get_image_model().objects.filter(file_hash=hashlib.sha1(content, usedforsecurity=False).hexdigest())
    if (existing := found.first()) is not None:
        return existing
    with transaction.atomic():
        image = get_image_model()(
            title=title, file=ImageFile(io.BytesIO(content), name=name), uploaded_by_user=by, file_size=len(content)
        )
        image._set_file_hash()
        image.save()
        acted.send(
            sender=type(image), verb="picture.added", subject=image, by=by, at=at, detail={"bytes": len(content)}
        )
    return image
