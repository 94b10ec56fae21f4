"""What an editor is told of a finished video: where it is silent, frozen or black, as a strip and as a list."""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from media_pipeline import queries
from media_pipeline.models import Asset
from media_pipeline.rules.stretches import BLACK, FROZEN, KINDS, SILENT

STRIP_WIDTH: Final = 1000
# A stretch of a second in a film of hours would not be seen.
MARK_WIDTH_MIN: Final = 3
NAMES: Final = {SILENT: _("No sound"), FROZEN: _("Picture stands still"), BLACK: _("Picture is black")}


def report_of(asset: Asset) -> dict[str, Any] | None:
    """Context of `media_pipeline/report.html`; None until the video is ready."""
    duration_ms = asset.duration_ms
    if not duration_ms or asset.sprites is None:
        return None
    found = queries.stretches_of(asset)
    rows = [
        {
            "kind": stretch.kind,
            "name": NAMES[stretch.kind],
            "begins": clock_text(stretch.from_ms),
            "ends": clock_text(stretch.to_ms),
            "lasts": clock_text(stretch.to_ms - stretch.from_ms),
            "x": stretch.from_ms * STRIP_WIDTH // duration_ms,
            "width": max(MARK_WIDTH_MIN, (stretch.to_ms - stretch.from_ms) * STRIP_WIDTH // duration_ms),
        }
        for stretch in found
    ]
    lines = [
        {"kind": kind, "name": NAMES[kind], "marks": [row for row in rows if row["kind"] == kind]} for kind in KINDS
    ]
    return {"rows": rows, "lines": lines, "ends": clock_text(duration_ms), "width": STRIP_WIDTH}


def clock_text(duration_ms: int | None) -> str:
    """Hours, minutes and seconds as a player shows them: 1:02:03."""
    if duration_ms is None:
        return "–"
    minutes, seconds = divmod(duration_ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
