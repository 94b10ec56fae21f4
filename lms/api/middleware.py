"""What holds for every address under /api/, also for those that do not exist: size, caching, and the form of errors.

Whatever went wrong and wherever (no such address, wrong method, a crash) leaves as problem+json. Stands behind
the one that chooses the language, so that the language of the request is known.
"""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control
from django.utils.deprecation import MiddlewareMixin

from lms.api.problems import PROBLEM_TYPE, problem, problem_body

PREFIX = "/api/"
BODY_BYTES_MAX = 65_536
"""The largest honest request is a list of 50 study messages of about 250 bytes each."""


class ApiMiddleware(MiddlewareMixin):
    """Refuses large bodies before anything reads them; no proxy keeps an answer that does not say it is public."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        if not request.path_info.startswith(PREFIX):
            return None
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if announced.isdigit() and int(announced) > BODY_BYTES_MAX:
            return problem(413)
        # A body that came in chunks announced no length. Both servers and tests have it whole by now.
        if request.method not in ("GET", "HEAD") and len(request.body) > BODY_BYTES_MAX:
            return problem(413)
        return None

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIX):
            return response
        if "public" not in response.headers.get("Cache-Control", ""):
            patch_cache_control(response, private=True, no_store=True)
        if response.status_code >= 400 and response.headers.get("Content-Type") != PROBLEM_TYPE:
            assert isinstance(response, HttpResponse)
            response.content = problem_body(response.status_code)
            response.headers["Content-Type"] = PROBLEM_TYPE
            response.headers["Content-Length"] = str(len(response.content))
        return response
