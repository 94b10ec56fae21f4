"""Uploads in parts over HTTP: the protocol tus 1.0 (https://tus.io), for the upload page and for any tus client.

`/uploads/` begins one (POST), `/uploads/<uuid>/` takes parts (PATCH), says how much is here (HEAD), gives it up
(DELETE), and tells the page in words how it goes (GET, JSON; not part of tus). Logged-in people with the right to
upload only; somebody else's upload answers 404. Errors are JSON with a code and a text in the reader's language.

These views are synchronous on purpose: when they run the body already lies in a temporary file, and all that they do
is one transaction. They read it in pieces; no request holds more than one.
"""

import uuid
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import http_date
from django.views.generic import View
from wagtail.models import Collection

from media_pipeline import limits, queries
from media_pipeline.actions import part_files, resumable
from media_pipeline.actions.uploads import NotAllowed
from media_pipeline.models import Upload
from media_pipeline.rules import tus, uploading
from media_pipeline.texts.uploads import refusal_text, spoiled_text

OVERRIDE = "X-HTTP-Method-Override"

STATUSES: dict[str, int] = {
    uploading.EMPTY: 400,
    uploading.TOO_LARGE: 413,
    uploading.TOO_MANY: 429,
    uploading.NO_SPACE: 507,
    "not_logged_in": 401,
    "not_allowed": 403,
    "unknown": 404,
    "offset_differs": 409,
    "id_taken": 422,
    "gone": 410,
    "other_version": 412,
    "part_too_long": 413,
    "other_type": 415,
    "busy": 423,
    "checksum_differs": tus.CHECKSUM_MISMATCH,
    "malformed": 400,
    "bytes_lost": 410,
}

REFUSED: dict[type[Exception], str] = {
    NotAllowed: "not_allowed",
    queries.UploadUnknown: "unknown",
    resumable.UploadGone: "gone",
    resumable.UploadBusy: "busy",
    resumable.UploadIdTaken: "id_taken",
    resumable.OffsetDiffers: "offset_differs",
    resumable.PartTooLong: "part_too_long",
    resumable.ChecksumDiffers: "checksum_differs",
    part_files.DiskFull: uploading.NO_SPACE,
    part_files.BytesLost: "bytes_lost",
    tus.Malformed: "malformed",
}


class TusView(View):
    """What holds for every request: who, which version, and how a refusal is said."""

    http_method_names = ["get", "post", "head", "patch", "delete", "options"]
    needs_version = frozenset({"POST", "HEAD", "PATCH", "DELETE"})

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        method = request.method or ""
        # For networks that let no PATCH through. Only on POST: what is safe needs no token against forgery.
        if method == "POST" and OVERRIDE in request.headers:
            method = request.headers[OVERRIDE].upper()
        response = self._answer(request, method, args, kwargs)
        response.headers["Tus-Resumable"] = tus.VERSION
        response.headers["Cache-Control"] = "no-store"
        return response

    def _answer(self, request: HttpRequest, method: str, args: Any, kwargs: Any) -> HttpResponseBase:
        handler = getattr(self, method.lower(), None) if method.lower() in self.http_method_names else None
        if handler is None:
            return self.http_method_not_allowed(request)
        if method == "OPTIONS":
            return self.options(request)
        if not request.user.is_authenticated:
            return refusal("not_logged_in")
        if not queries.may_upload(request.user):
            return refusal("not_allowed")
        if method in self.needs_version and request.headers.get("Tus-Resumable") != tus.VERSION:
            return refusal("other_version", **{"Tus-Version": tus.VERSION})
        try:
            answer: HttpResponseBase = handler(request, *args, **kwargs)
            return answer
        except resumable.UploadNotBegun as error:
            return refusal(error.reasons[0])
        except tuple(REFUSED) as error:
            return refusal(REFUSED[type(error)])

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse(
            status=204,
            headers={
                "Tus-Version": tus.VERSION,
                "Tus-Extension": ",".join(tus.EXTENSIONS),
                "Tus-Max-Size": str(limits.SOURCE_BYTES_MAX),
                "Tus-Checksum-Algorithm": ",".join(tus.DIGEST_BYTES),
            },
        )


class UploadsView(TusView):
    """Begins uploads."""

    def post(self, request: HttpRequest) -> HttpResponse:
        metadata = tus.read_metadata(request.headers.get("Upload-Metadata", ""))
        upload = resumable.begin_upload(
            by=request.user,
            at=timezone.now(),
            new=resumable.NewUpload(
                uuid=_uuid(metadata.get("upload")),
                name=metadata.get("filename", ""),
                bytes_total=tus.read_number("Upload-Length", request.headers.get("Upload-Length")),
                title=metadata.get("title", "")[:255],
                collection=_collection(metadata.get("collection")),
                metadata=request.headers.get("Upload-Metadata", ""),
                sha256=_sha256(metadata.get("sha256", "")),
            ),
        )
        address = reverse("upload", args=[upload.uuid])
        return HttpResponse(status=201, headers={"Location": address, **_standing(upload)})


class UploadView(TusView):
    """One upload."""

    def head(self, request: HttpRequest, upload_uuid: uuid.UUID) -> HttpResponse:
        upload = queries.upload_for(request.user, upload_uuid)
        if upload.state in uploading.GONE:
            return refusal("gone")
        headers = {"Upload-Length": str(upload.bytes_total), **_standing(upload)}
        if upload.metadata:
            headers["Upload-Metadata"] = upload.metadata
        return HttpResponse(status=200, headers=headers)

    def patch(self, request: HttpRequest, upload_uuid: uuid.UUID) -> HttpResponse:
        if request.content_type != tus.PART_TYPE:
            return refusal("other_type")
        upload = resumable.append_part(
            by=request.user,
            at=timezone.now(),
            upload_uuid=upload_uuid,
            offset=tus.read_number("Upload-Offset", request.headers.get("Upload-Offset")),
            pieces=_pieces(request),
            checksum=tus.read_checksum(request.headers.get("Upload-Checksum")),
        )
        return HttpResponse(status=204, headers=_standing(upload))

    def delete(self, request: HttpRequest, upload_uuid: uuid.UUID) -> HttpResponse:
        resumable.abandon_upload(by=request.user, at=timezone.now(), upload_uuid=upload_uuid)
        return HttpResponse(status=204)

    def get(self, request: HttpRequest, upload_uuid: uuid.UUID) -> JsonResponse:
        upload = queries.upload_for(request.user, upload_uuid)
        is_done = upload.state == uploading.DONE
        return JsonResponse(
            {
                "state": upload.state,
                "text": spoiled_text(upload.reason)
                if upload.state == uploading.SPOILED
                else upload.get_state_display(),
                "received": upload.received,
                "bytes": upload.bytes_total,
                "checked_percent": uploading.percent_of(upload.checked, upload.bytes_total),
                "sha256": upload.sha256,
                "parts": queries.part_hashes(upload),
                "url": reverse("videos:asset", args=[upload.uuid]) if is_done else None,
            }
        )


def refusal(code: str, **headers: str) -> JsonResponse:
    return JsonResponse({"error": code, "text": refusal_text(code)}, status=STATUSES[code], headers=headers)


def _standing(upload: Upload) -> dict[str, str]:
    headers = {"Upload-Offset": str(upload.received)}
    if upload.state == uploading.RECEIVING:
        headers["Upload-Expires"] = http_date(upload.expires_at.timestamp())
    return headers


def _uuid(text: str | None) -> uuid.UUID:
    """The id that the page made, so that a request sent twice begins one upload; else a new one."""
    try:
        return uuid.UUID(text) if text else uuid.uuid4()
    except ValueError:
        raise tus.Malformed("Upload-Metadata") from None


def _collection(text: str | None) -> Collection | None:
    """Any collection that there is; whether this person may use it is decided by the action."""
    if not text:
        return None
    found = Collection.objects.filter(pk=tus.read_number("Upload-Metadata", text)).first()
    if found is None:
        raise NotAllowed
    return found


def _sha256(text: str) -> str:
    if text and (len(text) != 64 or set(text) - set("0123456789abcdef")):
        raise tus.Malformed("Upload-Metadata")
    return text


def _pieces(request: HttpRequest) -> Iterator[bytes]:
    while piece := request.read(limits.PIECE_BYTES):
        yield piece
