"""Who asks in the race over HTTP knows a refusal from an answer that nobody should ever get."""

import httpx
import pytest

from tests.integration.exams.racing.web import App, Browser, ServerFailed, Web

LOGIN = "/accounts/login/?next=/exams/"


class Logins(Web):
    """Everybody has a login already."""

    def __init__(self) -> None:
        self._logins = {0: "key"}

    def login_of(self, person: object) -> str:
        return "key"


def answering(status: int, location: str = "") -> httpx.Client:
    """A server that shows its form and answers everything else so."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET" and request.url.path == "/me/":
            return httpx.Response(200, headers={"Set-Cookie": "csrftoken=t; Path=/"})
        return httpx.Response(status, headers={"Location": location} if location else {})

    return httpx.Client(base_url="http://web.test", transport=httpx.MockTransport(answer))


def test_a_browser_that_is_sent_on_has_done_it() -> None:
    assert Browser(answering(302, "/exams/"), "key").send("/exams/1/cancel") == ""


@pytest.mark.parametrize("location", [LOGIN, f"http://web.test{LOGIN}"])
def test_a_browser_that_is_sent_to_the_login_page_has_done_nothing(location: str) -> None:
    with pytest.raises(ServerFailed, match="login page"):
        Browser(answering(302, location), "key").send("/exams/1/cancel")


@pytest.mark.parametrize("status", [404, 422, 429])
def test_what_a_page_refuses_is_an_answer(status: int) -> None:
    assert Browser(answering(status), "key").send("/exams/1/cancel") == str(status)


@pytest.mark.parametrize("status", [400, 403, 405, 500, 503])
def test_what_no_page_should_answer_is_a_failure(status: int) -> None:
    with pytest.raises(ServerFailed):
        Browser(answering(status), "key").send("/exams/1/cancel")


@pytest.mark.parametrize("status", [404, 409, 429])
def test_what_the_api_refuses_is_an_answer(status: int) -> None:
    asked = App(answering(status), Logins()).ask("DELETE", "/registrations/1", None)  # type: ignore[arg-type]

    assert asked.status_code == status


@pytest.mark.parametrize("status", [400, 401, 403, 422, 500, 503])
def test_what_the_api_should_not_answer_is_a_failure(status: int) -> None:
    """401 too: nobody who asks there is suspended."""
    with pytest.raises(ServerFailed):
        App(answering(status), Logins()).ask("DELETE", "/registrations/1", None)  # type: ignore[arg-type]
