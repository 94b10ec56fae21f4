"""People's writes to captions: save them in a language, and withdraw them. Every write is a further version."""

import uuid as uuids
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from media_pipeline import queries
from media_pipeline.limits import SOURCE_NAME_CHARS_MAX
from media_pipeline.models import Asset, CaptionVersion
from media_pipeline.rules import states
from media_pipeline.rules.captions import LANGUAGES, Cue, Fault, faults_of
from media_pipeline.signals import acted


class NotAllowed(Exception):
    """This person may not caption this video, or it is not ready."""


class LanguageUnknown(Exception):
    """Not one of `rules.captions.LANGUAGES`."""


class CaptionsUnfit(Exception):
    """The cues break the rules; `faults` says where, counted by their place in the list."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(", ".join(f"{fault.line}: {fault.code}" for fault in faults))
        self.faults = tuple(faults)


class CaptionsChanged(Exception):
    """Somebody saved another version meanwhile; `number` is the newest."""

    def __init__(self, number: int) -> None:
        super().__init__(str(number))
        self.number = number


class CaptionsDiffer(Exception):
    """The same id came a second time for something else."""


def save_captions(
    *,
    by: Any,
    at: datetime,
    uuid: uuids.UUID,
    asset_uuid: uuids.UUID,
    language: str,
    cues: Sequence[Cue],
    replaces: int,
    source_name: str = "",
) -> CaptionVersion:
    """Show these captions from now on. Idempotent by `uuid`; cues that are shown already stay the version they are.

    `replaces` is the number of the version that they were made from, 0 for none. `by` None is the system itself.
    Raises NotAllowed, LanguageUnknown, CaptionsUnfit, CaptionsChanged, CaptionsDiffer.
    """
    rows = [[cue.start_ms, cue.end_ms, cue.text] for cue in cues]
    with transaction.atomic():
        asset = _locked(by, asset_uuid, language)
        known = CaptionVersion.objects.filter(uuid=uuid).first()
        if known is not None:
            return _same(known, by, asset, language, is_withdrawn=False)
        faults = faults_of(cues, asset.duration_ms or 0) if cues else (Fault(0, "no_cues"),)
        if faults:
            raise CaptionsUnfit(faults)
        latest = _latest(asset, language, replaces)
        if latest is not None and latest.cues == rows:
            return latest
        version = _added(asset, language, latest, uuid, by, at, rows, source_name)
        detail = {**_detail(version), "cues": len(rows)}
        acted.send(CaptionVersion, verb="captions.saved", subject=version, by=by, at=at, detail=detail)
    return version


def withdraw_captions(
    *, by: Any, at: datetime, uuid: uuids.UUID, asset_uuid: uuids.UUID, language: str, replaces: int
) -> CaptionVersion:
    """Show no captions in this language any more; what was saved stays on record. Idempotent by `uuid`.

    `replaces` is the number of the version that is withdrawn. Raises NotAllowed (also when none are shown),
    LanguageUnknown, CaptionsChanged, CaptionsDiffer.
    """
    with transaction.atomic():
        asset = _locked(by, asset_uuid, language)
        known = CaptionVersion.objects.filter(uuid=uuid).first()
        if known is not None:
            return _same(known, by, asset, language, is_withdrawn=True)
        latest = _latest(asset, language, replaces)
        if latest is None or latest.is_withdrawn:
            raise NotAllowed("there are no captions to withdraw")
        version = _added(asset, language, latest, uuid, by, at, [], "")
        acted.send(CaptionVersion, verb="captions.withdrawn", subject=version, by=by, at=at, detail=_detail(version))
    return version


def _locked(by: Any, asset_uuid: uuids.UUID, language: str) -> Asset:
    """The video, held to the end of the transaction: two people who save at once do so one after the other."""
    if language not in LANGUAGES:
        raise LanguageUnknown(language)
    asset = Asset.objects.select_for_update().filter(uuid=asset_uuid).first()
    if asset is None or asset.state != states.READY:
        raise NotAllowed("no video that is ready")
    if by is not None and not queries.may_caption(by, asset):
        raise NotAllowed("no right to change this video")
    return asset


def _latest(asset: Asset, language: str, replaces: int) -> CaptionVersion | None:
    latest = CaptionVersion.objects.filter(asset=asset, language=language).order_by("-number").first()
    number = latest.number if latest else 0
    if number != replaces:
        raise CaptionsChanged(number)
    return latest


def _same(known: CaptionVersion, by: Any, asset: Asset, language: str, *, is_withdrawn: bool) -> CaptionVersion:
    same_place = (known.asset_id, known.language, known.is_withdrawn) == (asset.pk, language, is_withdrawn)
    if not same_place or known.made_by_id != getattr(by, "pk", None):
        raise CaptionsDiffer(str(known.uuid))
    return known


def _added(
    asset: Asset,
    language: str,
    latest: CaptionVersion | None,
    uuid: uuids.UUID,
    by: Any,
    at: datetime,
    rows: list[list[Any]],
    source_name: str,
) -> CaptionVersion:
    return CaptionVersion.objects.create(
        uuid=uuid,
        asset=asset,
        language=language,
        number=latest.number + 1 if latest else 1,
        is_withdrawn=not rows,
        cues=rows,
        cue_count=len(rows),
        source_name="".join(each for each in source_name if each.isprintable())[-SOURCE_NAME_CHARS_MAX:],
        made_by=by,
        made_at=at,
    )


def _detail(version: CaptionVersion) -> dict[str, Any]:
    return {"video": str(version.asset.uuid), "language": version.language, "number": version.number}
