"""Where programs find an original."""

from pathlib import Path

from media_pipeline.models import Asset


def local_source(asset: Asset, folder: Path) -> Path:
    """A path that programs can read: the stored file itself, or a copy when the storage has no paths."""
    try:
        path = Path(asset.source.path)
        # A lost original is our fault and must not read as "no video".
        path.stat()
        return path
    except NotImplementedError:
        copy = folder / "source"
        with asset.source.open("rb") as original, copy.open("wb") as target:
            for chunk in original.chunks():
                target.write(chunk)
        return copy
