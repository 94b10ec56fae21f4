"""Playlists, captions and keys of a lesson, over HTTP, for the session cookie or an app's X-Session-Token.

Playlists and captions are no evidence of anything and go to whoever studies the lesson, with addresses of segments that
are good for this login alone; a key only to the learner whose open session on it holds the lease, and not long before
it is needed. Keys are never cached: each session fetches its own.
"""

from datetime import UTC, datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from courses.models import LessonVersion
from lms.hours.actions.deliveries import KeyTooEarly, deliver_key
from lms.hours.actions.sessions import StudyRefused
from lms.hours.queries.delivery import studied_version
from lms.hours.queries.handshakes import person_of_request
from media_pipeline import queries as media
from media_pipeline.models import Asset
from media_pipeline.views import playlists
from media_pipeline.views.captions import caption_file


@require_GET
def master(request: HttpRequest, lesson: UUID) -> HttpResponse:
    """The list of renditions."""
    asset = _asset(request, lesson)
    if isinstance(asset, HttpResponse):
        return asset
    text = media.master_playlist(
        asset, variant_url=lambda height: reverse("lesson_playlist", kwargs={"lesson": lesson, "height": height})
    )
    return playlists.playlist(request, text)


@require_GET
def playlist(request: HttpRequest, lesson: UUID, height: int) -> HttpResponse:
    """The segments of one rendition, with the addresses of their keys."""
    asset = _asset(request, lesson)
    if isinstance(asset, HttpResponse):
        return asset
    try:
        text = media.media_playlist(
            asset,
            height,
            key_url=lambda window: reverse("lesson_key", kwargs={"lesson": lesson, "window": window}),
            segment_url=playlists.segment_url(request),
        )
    except media.NotReady:
        return _refused(404, "no_rendition", f"This lesson has no rendition of height {height}.")
    return playlists.playlist(request, text)


@require_GET
def captions(request: HttpRequest, lesson: UUID, language: str) -> HttpResponse:
    """The captions that are shown now in a language, as WebVTT."""
    asset = _asset(request, lesson)
    if isinstance(asset, HttpResponse):
        return asset
    try:
        version = media.caption_version(asset, language)
    except media.CaptionsUnknown:
        return _refused(404, "no_captions", f"This lesson has no captions in {language}.")
    return caption_file(request, version)


@require_GET
@never_cache
def key(request: HttpRequest, lesson: UUID, window: int) -> HttpResponse:
    """The key of one window, 16 bytes. That it was given is written down before it leaves."""
    person = person_of_request(request)
    if person is None:
        return _refused(401, "unauthenticated", "Log in first.")
    try:
        secret = deliver_key(by=person, at=datetime.now(UTC), lesson=lesson, window=window)
    except StudyRefused as refusal:
        return _refused(403, refusal.code, refusal.detail)
    except media.WindowUnknown:
        return _refused(404, "no_window", f"This lesson has no window {window}.")
    except KeyTooEarly as early:
        answer = _refused(425, "too_early", str(early))
        answer["Retry-After"] = str(-(-early.wait_ms // 1000))
        return answer
    return playlists.key(secret)


def _asset(request: HttpRequest, lesson: UUID) -> Asset | HttpResponse:
    """The video that the person behind the request studies, or the refusal."""
    person = person_of_request(request)
    if person is None:
        return _refused(401, "unauthenticated", "Log in first.")
    version: LessonVersion | None = studied_version(person, lesson, datetime.now(UTC))
    if version is None or version.asset is None:
        return _refused(403, "not_enrolled", "You are in no open class that has this video.")
    return version.asset


def _refused(status: int, code: str, detail: str) -> JsonResponse:
    return JsonResponse(
        {"type": "about:blank", "status": status, "title": code, "code": code, "detail": detail},
        status=status,
        content_type="application/problem+json",
        headers={"Cache-Control": "no-store"},
    )
