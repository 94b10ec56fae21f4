"""A teacher claims hours by a form that needs no script, looks at the claim, and takes it back."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lms.accounts.models import User
from lms.institutions.models import TeacherCertificate
from lms.teachers.models import Claim, EducationYear
from lms.teachers.rules import claims as limits
from lms.teachers.views import moments
from tests.integration.teachers.academy import (
    LATER,
    PDF,
    PNG,
    Academy,
    another_year,
    claimed,
    decided,
    earned,
    take_part,
    taken_back,
)

MAY = datetime(2026, 5, 1, tzinfo=UTC)
NEW = "/my/teaching/claims/new/"


@pytest.fixture(autouse=True)
def _in_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moments, "now", lambda: MAY)


def client_of(person: User) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.force_login(person)
    return client


def proof(name: str = "证明.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def what(year: EducationYear, category: str, kind: str) -> str:
    module = year.training_class.syllabus_version.modules.get(name_en=category)
    return f"{year.uuid}.{module.uuid}.{kind}"


def typed(academy: Academy, **changes: Any) -> dict[str, Any]:
    fields = {
        "uuid": str(uuid.uuid4()),
        "what": what(academy.year, "Seminars", "classroom"),
        "date": "2026-03-10",
        "begins": "09:00",
        "ends": "12:00",
        "title": "教师研修班",
        "place": "省培训中心",
        "text": "",
        "evidence": [proof()],
    }
    return {**fields, **changes}


def sent(academy: Academy, **changes: Any) -> Any:
    return client_of(academy.tess).post(NEW, typed(academy, **changes))


def test_the_form_offers_what_can_be_claimed_and_no_online_hours(academy: Academy) -> None:
    page = client_of(academy.tess).get(NEW).content.decode()

    assert what(academy.year, "Seminars", "classroom") in page
    assert what(academy.year, "Workshops", "workshop") in page
    assert "Online ·" not in page
    assert 'enctype="multipart/form-data"' in page and " multiple" in page
    assert "<script" not in page.split("<main", 1)[1].split("</main>", 1)[0]


def test_sending_it_makes_the_claim_with_its_evidence(academy: Academy) -> None:
    response = sent(academy, evidence=[proof("结业证明.pdf"), proof("现场.png", PNG)], text="主讲一节")

    claim = Claim.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/my/teaching/claims/{claim.uuid}/")
    assert (claim.person, claim.module, claim.kind) == (academy.tess, academy.seminars, "classroom")
    assert (claim.from_at, claim.to_at) == (
        datetime(2026, 3, 10, 1, tzinfo=UTC),
        datetime(2026, 3, 10, 4, tzinfo=UTC),
    )
    assert (claim.title, claim.place, claim.text) == ("教师研修班", "省培训中心", "主讲一节")
    assert [each.name for each in claim.evidence.order_by("pk")] == ["结业证明.pdf", "现场.png"]


def test_the_same_form_twice_is_one_claim(academy: Academy) -> None:
    same = {"uuid": str(uuid.uuid4())}

    first, again = sent(academy, **same), sent(academy, **same)

    assert first["Location"] == again["Location"]
    assert Claim.objects.count() == 1


def test_an_end_at_midnight_ends_the_day(academy: Academy) -> None:
    sent(academy, begins="22:00", ends="00:00")

    assert Claim.objects.get().to_at == datetime(2026, 3, 10, 16, tzinfo=UTC)


def _large() -> SimpleUploadedFile:
    return proof("大.pdf", PDF + b"0" * limits.FILE_BYTES_MAX)


# What is wrong -> the field, and the words beside it.
WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "no file": ({"evidence": []}, "evidence", "A claim needs evidence: 1 to 5 files."),
    "six files": (
        {"evidence": [proof(f"{n}.pdf", PDF + bytes([n])) for n in range(6)]},
        "evidence",
        "A claim needs evidence: 1 to 5 files.",
    ),
    "a program": (
        {"evidence": [proof("证明.pdf", b"MZ\x90")]},
        "evidence",
        "证明.pdf is neither a PDF nor a JPEG or PNG picture.",
    ),
    "it ends before it begins": ({"ends": "08:00"}, "ends", "It ends after it begins."),
    "it is still to come": ({"date": "2026-05-02"}, "ends", "Hours are claimed after they were held."),
    "of another year": (
        {"date": "2025-03-10"},
        "begins",
        "This was before the year 2026; claim it for its own year.",
    ),
    "no title": ({"title": "  "}, "title", "This field is required."),
    "a title without end": ({"title": "题" * 121}, "title", "The title has at most 120 characters."),
    "a place without end": ({"place": "处" * 121}, "place", "The place has at most 120 characters."),
    "no day": ({"date": "2026-02-30"}, "date", "Enter a valid date."),
    "a category of nothing": ({"what": "x"}, "what", "Select a valid choice. x is not one of the available choices."),
}


@pytest.mark.parametrize("case", WRONG)
def test_every_error_stands_at_its_field(academy: Academy, case: str) -> None:
    changes, field, words = WRONG[case]

    response = sent(academy, **changes)

    assert response.status_code == 422
    assert list(response.context["form"].errors[field]) == [words]
    assert words in response.content.decode()
    assert not Claim.objects.exists()


def test_a_file_that_is_too_large_is_not_even_read(academy: Academy) -> None:
    response = sent(academy, evidence=[_large()])

    assert list(response.context["form"].errors["evidence"]) == ["大.pdf is larger than 10 MB."]


def test_time_that_other_hours_have_is_refused_at_the_time(academy: Academy) -> None:
    earned(academy, 4)

    response = sent(academy)

    assert list(response.context["form"].errors) == ["begins"]
    assert "Other hours of yours, or another claim, have some of this time already." in response.content.decode()


def test_what_was_typed_stays(academy: Academy) -> None:
    page = sent(academy, ends="08:00").content.decode()

    assert 'value="教师研修班"' in page and 'value="2026-03-10"' in page and 'value="09:00"' in page
    assert "choose the files again" in page


def test_a_year_that_is_made_up_stands_beside_the_running_one(
    academy: Academy, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_part(academy, academy.tess)
    following = another_year(academy, 2027)
    monkeypatch.setattr(moments, "now", lambda: datetime(2027, 2, 1, tzinfo=UTC))

    page = client_of(academy.tess).get(NEW).content.decode()
    made_up = client_of(academy.tess).post(NEW, typed(academy, date="2027-01-12"))

    assert page.index("Year 2027 · Yunling") < page.index("Year 2026 · Yunling")
    assert what(following, "Seminars", "classroom") in page
    assert made_up.status_code == 302
    assert Claim.objects.get().education_year == academy.year


def test_without_a_certificate_it_says_so_and_takes_nothing(academy: Academy) -> None:
    TeacherCertificate.objects.filter(person=academy.tess).delete()

    asked, response = client_of(academy.tess).get(NEW), sent(academy)

    assert (asked.status_code, response.status_code) == (200, 409)
    assert "You hold no teacher&#x27;s certificate that is valid today." in asked.content.decode()
    assert not Claim.objects.exists()


def test_a_claim_shows_how_it_stands(academy: Academy) -> None:
    claim = claimed(academy, 4)

    page = client_of(academy.tess).get(f"/my/teaching/claims/{claim.uuid}/").content.decode()

    assert "Waits for review" in page and "Somebody of the authority looks at it" in page
    assert f"/claims/evidence/{claim.evidence.get().uuid}/" in page
    assert "结业证明.pdf" in page


def test_a_refused_claim_tells_the_reason_and_an_accepted_one_its_entry(academy: Academy) -> None:
    refused, accepted = claimed(academy, 4), claimed(academy, 2, from_at=LATER)
    decided(academy, refused, verb="refuse", reason="看不清日期")
    decided(academy, accepted)
    client = client_of(academy.tess)

    first = client.get(f"/my/teaching/claims/{refused.uuid}/").content.decode()
    second = client.get(f"/my/teaching/claims/{accepted.uuid}/").content.decode()

    assert "看不清日期" in first and "Take the claim back" not in first
    assert "In your ledger with entry no. 1" in second and "still count" not in second


def test_an_accepted_claim_says_what_was_taken_back_of_it(academy: Academy) -> None:
    entry = earned(academy, 4)
    assert entry.from_at is not None
    taken_back(academy, entry, to_at=entry.from_at + timedelta(minutes=45))

    page = client_of(academy.tess).get(f"/my/teaching/claims/{entry.uuid}/").content.decode()

    assert "Of these 4 class hours 3 still count" in page


def test_taking_it_back_frees_its_time(academy: Academy) -> None:
    claim = claimed(academy, 4)

    response = client_of(academy.tess).post(f"/my/teaching/claims/{claim.uuid}/take-back/", follow=True)

    assert "You took it back" in response.content.decode()
    assert sent(academy).status_code == 302


def test_what_was_decided_meanwhile_is_not_taken_back(academy: Academy) -> None:
    claim = claimed(academy, 4)
    decided(academy, claim)

    response = client_of(academy.tess).post(f"/my/teaching/claims/{claim.uuid}/take-back/", follow=True)

    assert "This claim was decided or taken back already." in response.content.decode()
    assert Claim.objects.get().state == "accepted"


def test_a_claim_is_its_claimants_page_alone(academy: Academy) -> None:
    claim = claimed(academy, 4)

    for stranger in (academy.theo, academy.pia, academy.world.bob):
        assert client_of(stranger).get(f"/my/teaching/claims/{claim.uuid}/").status_code == 404
        assert client_of(stranger).post(f"/my/teaching/claims/{claim.uuid}/take-back/").status_code == 404
    assert client_of(academy.world.bob).get(NEW).status_code == 403
