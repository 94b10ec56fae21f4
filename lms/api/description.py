"""The API's own description, drawn once in each process and language: that takes longer than most requests."""

import hashlib
import json
from collections.abc import Callable
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language, override
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe
from django.views.decorators.vary import vary_on_headers
from ninja import NinjaAPI
from ninja.responses import NinjaJSONEncoder

from lms.api.problems import PROBLEM_TYPE

HEADERS: dict[int, dict[str, Any]] = {
    405: {"Allow": {"required": True, "schema": {"type": "string"}, "description": "The methods that it takes."}},
    429: {"Retry-After": {"required": True, "schema": {"type": "integer", "minimum": 1}, "description": "Seconds."}},
}
CHALLENGE: dict[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}, "description": "As in RFC 6750."}},
}

KEPT_S = 3_600
"""How long a reader may keep it without asking. A new version only adds, so an hour late harms nobody."""


def complete(operation: dict[str, Any]) -> None:
    """What the framework leaves out of an operation: the media type of problems, the headers that come with them, and
    that a parameter of an address can be left out but not be null.
    """
    is_for_programs = any("AccessToken" in each for each in operation.get("security", []))
    for status, response in operation["responses"].items():
        if int(status) >= 400:
            response["content"] = {PROBLEM_TYPE: response["content"].pop("application/json")}
        headers = {**HEADERS.get(int(status), {}), **(CHALLENGE.get(int(status), {}) if is_for_programs else {})}
        if headers:
            response["headers"] = headers
    for parameter in operation.get("parameters", []):
        for kind in parameter["schema"].pop("anyOf", []):
            if kind != {"type": "null"}:
                parameter["schema"].update(kind)


def description_of(api: NinjaAPI) -> Callable[[HttpRequest], HttpResponse]:
    """The view of `openapi.json`: the same for everybody who reads the same language."""

    @cache
    def drawn(language: str) -> tuple[bytes, str]:
        with override(language):
            text = json.dumps(api.get_openapi_schema(), cls=NinjaJSONEncoder, ensure_ascii=False).encode()
        return text, f'"{hashlib.sha256(text).hexdigest()[:32]}"'

    def tag(request: HttpRequest) -> str:
        return drawn(get_language())[1]

    @require_safe
    @vary_on_headers("Accept-Language", "Cookie")
    @cache_control(public=True, max_age=KEPT_S)
    @condition(etag_func=tag)
    def openapi(request: HttpRequest) -> HttpResponse:
        return HttpResponse(drawn(get_language())[0], content_type="application/json")

    return openapi
