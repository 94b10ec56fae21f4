"""Chinese first: a page speaks Chinese until its reader switches, whatever language the browser was installed in.

Programs are different: the API and headless login answer in the language that their Accept-Language asks for.
"""

from django.conf import settings
from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

PROGRAMS = ("/api/", "/_allauth/")


class ChineseFirst(LocaleMiddleware):
    """Django's own rule for readers who chose a language and for programs; Chinese for everybody else."""

    def process_request(self, request: HttpRequest) -> None:
        if settings.LANGUAGE_COOKIE_NAME in request.COOKIES or request.path.startswith(PROGRAMS):
            super().process_request(request)
            return
        translation.activate(settings.LANGUAGE_CODE)
        request.LANGUAGE_CODE = translation.get_language()
