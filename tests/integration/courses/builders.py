"""What the tests of courses build with: moments, uuids, sections, assets."""

import uuid
from datetime import UTC, datetime
from typing import Any

from media_pipeline.models import Asset

AT = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
LESSON_UUID = uuid.UUID("11111111-0000-4000-8000-000000000001")
CHAPTER_UUID = uuid.UUID("11111111-0000-4000-8000-000000000002")


def section(heading: str, *texts: str) -> dict[str, Any]:
    return {"heading": heading, "content": [{"type": "text", "value": f"<p>{text}</p>"} for text in texts]}


def an_asset(**fields: Any) -> Asset:
    values = {"title": "触电急救", "source_name": "a.mp4", "bytes": 1, "sha256": "0" * 64, "uploaded_at": AT}
    return Asset.objects.create(**{**values, "woken_at": AT, **fields})
