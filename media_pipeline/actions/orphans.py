"""Removes files that no row names: what killed workers, lost leases and broken uploads left behind.

Folders are listed first and the rows asked afterwards: whoever stores into a folder now held its token before the list
was made, and a token that is gone never comes back. So nothing that is, or can still be, published is taken.
"""

import logging
import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.core.files.storage import Storage, default_storage
from django.utils import timezone

from media_pipeline import queries
from media_pipeline.actions.packaging import discard
from media_pipeline.actions.workfolders import clear_dead_folders
from media_pipeline.limits import SOURCE_ORPHAN_AGE_S, SWEPT_AFTER_S
from media_pipeline.models import Asset, Chunk
from media_pipeline.rules import states
from media_pipeline.storage import CHUNKS, PUBLISHED, SOURCES, private_storage

logger = logging.getLogger(__name__)


def clear_orphans(*, at: datetime) -> int:
    """Work folders of dead processes on this machine, published folders and pieces of no attempt, originals without a
    row that are older than a day; how many were removed."""
    return sum(
        (
            clear_dead_folders(),
            _clear(default_storage, PUBLISHED, at, _serves),
            _clear(private_storage(), CHUNKS, at, _has_piece),
            _clear_sources(at),
        )
    )


def _clear(storage: Storage, root: str, at: datetime, is_needed: Callable[[uuid.UUID, uuid.UUID, str], bool]) -> int:
    cleared = 0
    for asset_uuid in _unswept(_uuids(storage, root), at):
        attempts = list(_uuids(storage, f"{root}/{asset_uuid}"))
        for token in attempts:
            folder = f"{root}/{asset_uuid}/{token}"
            if not is_needed(asset_uuid, token, folder):
                logger.info("%s is nobody's and is removed", folder)
                discard(folder, storage)
                cleared += 1
    return cleared


def _serves(asset_uuid: uuid.UUID, token: uuid.UUID, folder: str) -> bool:
    held = Asset.objects.filter(uuid=asset_uuid, attempt_token=token, state__in=states.WORKING).exists()
    return held or queries.is_published(asset_uuid, folder)


def _has_piece(asset_uuid: uuid.UUID, token: uuid.UUID, folder: str) -> bool:
    rows = Chunk.objects.filter(asset__uuid=asset_uuid)
    return rows.filter(attempt_token=token).exists() or rows.filter(result=folder).exists()


def _unswept(found: Iterable[uuid.UUID], at: datetime) -> list[uuid.UUID]:
    """Without the assets that have been ready for so long that nothing new can lie there."""
    listed = list(found)
    long_ready = Asset.objects.filter(
        uuid__in=listed, state=states.READY, ready_at__lt=at - timedelta(seconds=SWEPT_AFTER_S)
    )
    return sorted(set(listed) - set(long_ready.values_list("uuid", flat=True)))


def _clear_sources(at: datetime) -> int:
    storage, cleared = private_storage(), 0
    names = [f"{SOURCES}/{name}" for name in _listed(storage, SOURCES)[1]]
    known = set(Asset.objects.filter(source__in=names).values_list("source", flat=True))
    for name in names:
        if name not in known and _is_old(storage, name, at):
            logger.info("%s has no row and is removed", name)
            storage.delete(name)
            cleared += 1
    return cleared


def _is_old(storage: Storage, name: str, at: datetime) -> bool:
    try:
        changed: Any = storage.get_modified_time(name)
    except FileNotFoundError:
        return False
    changed = changed if timezone.is_aware(changed) else timezone.make_aware(changed)
    return bool(at - changed > timedelta(seconds=SOURCE_ORPHAN_AGE_S))


def _uuids(storage: Storage, folder: str) -> Iterator[uuid.UUID]:
    """The folders that attempts made; what bears another name is not ours to judge."""
    for name in _listed(storage, folder)[0]:
        try:
            yield uuid.UUID(name)
        except ValueError:
            continue


def _listed(storage: Storage, folder: str) -> tuple[list[str], list[str]]:
    try:
        folders, files = storage.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return [], []
    return folders, files
