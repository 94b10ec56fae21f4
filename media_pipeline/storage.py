"""Where media lies: originals in private storage that no view serves, published files in Django's default storage.

Both are folders below DATA_DIR, or with MEDIA_BUCKET two parts of a bucket (buckets.py); settings.STORAGES says which.
Code asks the storage and never a path, except where a program needs one (actions).
"""

import mimetypes
import os
import uuid
from pathlib import PurePosixPath
from typing import Final

from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage, storages

# The standard table calls .ts a translation file, and knows no playlists.
TYPES: Final = {".ts": "video/mp2t", ".m3u8": "application/vnd.apple.mpegurl"}

SOURCES, CHUNKS, PUBLISHED = "sources", "chunks", "hls"


class PrivateStorage(FileSystemStorage):
    """Files below PRIVATE_ROOT, read when it is used; they have no address and only their owner may read them."""

    def __init__(self) -> None:
        super().__init__(file_permissions_mode=0o600, directory_permissions_mode=0o700)

    @property
    def base_location(self) -> str:
        return str(settings.PRIVATE_ROOT)

    @property
    def location(self) -> str:
        return os.path.abspath(self.base_location)

    def url(self, name: str | None) -> str:
        raise ValueError("an original has no address")


def private_storage() -> Storage:
    """A callable, so that migrations hold neither a path nor the class."""
    return storages["private"]


def type_of(name: str) -> str:
    """The media type of a file, by its name."""
    kind = TYPES.get(PurePosixPath(name).suffix.lower()) or mimetypes.guess_type(name)[0]
    return kind or "application/octet-stream"


def source_path(asset_uuid: uuid.UUID) -> str:
    """Path of an original in private storage. Nothing of the uploader's file name reaches a path."""
    return f"{SOURCES}/{asset_uuid}"


def published_folder(asset_uuid: uuid.UUID, token: uuid.UUID) -> str:
    """Folder of what one attempt stores. Each attempt has its own, so a late loser overwrites nothing."""
    return f"{PUBLISHED}/{asset_uuid}/{token}"


def chunks_folder(asset_uuid: uuid.UUID) -> str:
    """Folder in private storage of the pieces of a long lecture, until they are joined."""
    return f"{CHUNKS}/{asset_uuid}"


def chunk_folder(asset_uuid: uuid.UUID, token: uuid.UUID) -> str:
    """Folder of what one attempt at a chunk made."""
    return f"{chunks_folder(asset_uuid)}/{token}"
