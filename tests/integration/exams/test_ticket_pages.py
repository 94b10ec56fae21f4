"""The admission ticket: whose it is, when there is none, and that the code on it is the address of the door.

There is no reader of codes here: the picture on the typeset page is measured module by module against the code that
segno makes of the address.
"""

import io
from typing import Any
from uuid import uuid4

import pytest
import segno
import typst
from django.test import Client
from PIL import Image

from lms import printing
from lms.exams.actions import cancel_registration, register
from lms.exams.actions.holding import doubt_learner
from lms.exams.models import Registration
from lms.exams.queries import printed_ticket, ticketed_seat
from lms.exams.queries.tickets import door_address
from tests.integration.exams.builders import NOON, Ground, finish

PPI = 200


@pytest.fixture
def seat(ground: Ground) -> Registration:
    finish(ground)
    return register(by=ground.alice, at=NOON, uuid=uuid4(), sitting=ground.sitting)


def ask(client: Client, person: Any, seat: Registration, language: str = "en") -> Any:
    if person is not None:
        client.force_login(person)
    client.cookies["django_language"] = language
    return client.get(f"/exams/registrations/{seat.uuid}/ticket.pdf")


def test_the_holder_gets_a_pdf_that_no_cache_keeps(ground: Ground, seat: Registration, client: Client) -> None:
    answer = ask(client, ground.alice, seat)

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("who", ["charlie", "bob", "vera", "edda"])
def test_nobody_else_gets_it(ground: Ground, seat: Registration, client: Client, who: str) -> None:
    assert ask(client, getattr(ground, who), seat).status_code == 404


def test_a_visitor_is_asked_to_log_in(seat: Registration, client: Client) -> None:
    assert ask(client, None, seat).status_code == 302


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "This seat was given back or withdrawn"), ("zh-hans", "该座位已取消或被撤回，不能凭此入场。")],
)
def test_a_seat_that_was_given_back_has_a_sentence_instead(
    ground: Ground, seat: Registration, client: Client, language: str, sentence: str
) -> None:
    cancel_registration(by=ground.alice, at=NOON, registration=seat)

    answer = ask(client, ground.alice, seat, language)

    assert (answer.status_code, sentence in answer.content.decode()) == (409, True)


def test_a_seat_in_doubt_has_none_until_it_was_looked_at(ground: Ground, seat: Registration, client: Client) -> None:
    doubt_learner(at=NOON, learner_id=ground.alice.pk)

    answer = ask(client, ground.alice, seat)

    assert (answer.status_code, "checked within a minute" in answer.content.decode()) == (409, True)


def test_a_machine_without_a_chinese_font_prints_none(
    ground: Ground, seat: Registration, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing, "fonts", lambda: typst.Fonts(include_system_fonts=False))

    assert ask(client, ground.alice, seat).status_code == 503


@pytest.fixture
def as_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """The typesetter gives a picture of the page; of several pages a list of them."""
    compiled = typst.compile

    def picture(source: Any, **options: Any) -> Any:
        options.pop("pdf_standards")
        options.pop("timestamp")
        return compiled(source, **{**options, "format": "png", "ppi": PPI})

    monkeypatch.setattr(typst, "compile", picture)


@pytest.mark.usefixtures("as_picture")
def test_the_code_on_the_page_is_the_address_of_the_door(ground: Ground, seat: Registration) -> None:
    page = printed_ticket(ticketed_seat(ground.alice, seat.uuid))

    address = door_address(seat)
    assert address == f"http://127.0.0.1:8000/exams/door/{seat.uuid}/"
    expected = [list(row) for row in segno.make(address, error="m", micro=False).matrix]
    assert modules_of(Image.open(io.BytesIO(page)).convert("RGB"), len(expected)) == expected


@pytest.mark.usefixtures("as_picture")
def test_the_longest_names_stay_on_one_page(ground: Ground, seat: Registration) -> None:
    site, room, sitting = seat.sitting.site, seat.sitting.room, seat.sitting
    site.name_zh, site.name_en, site.address = "考" * 120, "Site " * 24, "路" * 200
    room.name_zh, room.name_en = "房" * 60, "Room " * 12
    sitting.title_zh, sitting.title_en = "低" * 120, "Exam " * 24
    site.institution.name_zh, site.institution.name_en = "院" * 60, "Office " * 8

    assert isinstance(printed_ticket(seat), bytes)


def test_a_name_that_is_a_program_is_printed_as_a_name(ground: Ground, seat: Registration) -> None:
    seat.learner.real_name = '#panic("x") ] $ \\ "'

    assert printed_ticket(seat).startswith(b"%PDF-")


def modules_of(page: Image.Image, size: int) -> list[list[int]]:
    """The dark and light modules of the only pure black thing on the page."""
    pixels = page.load()
    assert pixels is not None
    black = [(x, y) for y in range(page.height) for x in range(page.width) if pixels[x, y] == (0, 0, 0)]
    left, right = min(x for x, _y in black), max(x for x, _y in black)
    top, bottom = min(y for _x, y in black), max(y for _x, y in black)
    step_x, step_y = (right - left + 1) / size, (bottom - top + 1) / size

    def is_dark(row: int, column: int) -> int:
        found: Any = pixels[int(left + (column + 0.5) * step_x), int(top + (row + 0.5) * step_y)]
        return int(sum(found) < 3 * 128)

    return [[is_dark(row, column) for column in range(size)] for row in range(size)]
