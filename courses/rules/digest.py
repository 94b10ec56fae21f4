"""The digest by which two versions of a lesson are the same: SHA-256 over canonical JSON of all that is frozen."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any


def content_digest(
    *, kind: str, title: str, duration_ms: int, sections: Sequence[Mapping[str, Any]], asset: str | None
) -> str:
    """64 hexadecimal digits. `asset` is the video's uuid; the order of sections counts, that of their keys does not."""
    content = {
        "asset": asset,
        "duration_ms": duration_ms,
        "kind": kind,
        "sections": [dict(section) for section in sections],
        "title": title,
    }
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
