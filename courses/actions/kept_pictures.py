"""Copies of pictures for frozen versions. Wagtail deletes renditions with their image; a version's picture stays.

The name is the source's content and the filter, so that the same picture is kept once and freezing again makes
the same HTML whichever version of the imaging library runs.
"""

import hashlib
from pathlib import PurePosixPath
from typing import Any

from django.core.files.storage import default_storage

from courses.blocks import PICTURE_FILTER

FOLDER = "lessons/pictures"


def keep_picture(image: Any, rendition: Any) -> str:
    """Public address of the kept copy of `rendition`, which is made if need be."""
    with image.open_file() as source:
        digest = hashlib.file_digest(source, "sha256")
    digest.update(PICTURE_FILTER.encode())
    name = f"{FOLDER}/{digest.hexdigest()}{PurePosixPath(rendition.file.name).suffix.lower()}"
    if not default_storage.exists(name):
        with rendition.file.open("rb") as file:
            default_storage.save(name, file)
    return default_storage.url(name)
