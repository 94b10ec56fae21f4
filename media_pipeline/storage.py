"""Where media lies: originals in private storage that no view serves, published files in Django's default storage."""

import uuid

from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage


def private_storage() -> Storage:
    """Below PRIVATE_ROOT and without addresses; a callable, so that migrations hold no path."""
    return FileSystemStorage(location=settings.PRIVATE_ROOT, base_url=None, file_permissions_mode=0o600)


def source_path(asset_uuid: uuid.UUID) -> str:
    """Path of an original in private storage. Nothing of the uploader's file name reaches a path."""
    return f"sources/{asset_uuid}"


def published_folder(asset_uuid: uuid.UUID, token: uuid.UUID) -> str:
    """Folder of what one attempt stores. Each attempt has its own, so a late loser overwrites nothing."""
    return f"hls/{asset_uuid}/{token}"
