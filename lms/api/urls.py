"""`/api/v1/`: the public contract. Described by its own OpenAPI at `/api/v1/openapi.json`; examples in docs/api.md."""

from typing import Any

import orjson
from django.http import HttpRequest
from django.urls import path
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.parser import Parser
from ninja.renderers import JSONRenderer

from lms.api.authentication import SessionCookie, SessionToken
from lms.api.description import complete, description_of
from lms.api.problems import answer_with_problems
from lms.api.rates import PersonThrottle
from lms.api.views import appeals, exchange, lessons, me, sittings, study

DESCRIPTION = """Class hours, lessons and exams of the person who is logged in.

Log in with `POST /_allauth/app/v1/auth/login` and send `meta.session_token` as `X-Session-Token`. Texts are in the
language of `Accept-Language`. Times are UTC; what ends in `_ms` is milliseconds; only `required_hours` are class hours.
Errors are problem+json: branch on `code`.

Addresses below `/exchange/` are for programs of exam institutions and authorities: they get an access token with their
client's id and secret (OAuth2 client credentials) and read whom their body may see."""


class StrictParser(Parser):
    """No NaN, no lone surrogates, no towers of brackets that exhaust the stack: json.loads takes them all."""

    def parse_body(self, request: HttpRequest) -> Any:
        return orjson.loads(request.body)


class ReadableRenderer(JSONRenderer):
    """Chinese as Chinese: half the bytes of escapes, and readable in every log and terminal."""

    json_dumps_params = {"ensure_ascii": False}


class Api(NinjaAPI):
    def get_openapi_schema(self, **where: Any) -> OpenAPISchema:
        """The framework's schema, with what it does not know by itself."""
        schema = super().get_openapi_schema(**where)
        for methods in schema["paths"].values():
            for operation in methods.values():
                complete(operation)
        return schema


api = Api(
    title="Xueshi",
    version="1",
    description=DESCRIPTION,
    openapi_url=None,
    docs_url=None,
    urls_namespace="api-v1",
    auth=[SessionToken(), SessionCookie()],
    throttle=[PersonThrottle()],
    parser=StrictParser(),
    renderer=ReadableRenderer(),
)
answer_with_problems(api)
for router in (me.router, appeals.router, lessons.router, sittings.router, study.router, exchange.router):
    api.add_router("", router)

urlpatterns = [path("openapi.json", description_of(api), name="openapi"), path("", api.urls)]
