"""`manage.py open_institution`: the first institutions of an installation, before anybody can log in."""

from io import StringIO
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from lms.institutions.actions import add_region
from lms.institutions.models import Institution, InstitutionShelf, Region
from tests.world import NOON

MADE = "5a0b6c7d-8e9f-4a1b-b2c3-d4e5f6a7b8c9"
BODY = "91350100M000100Y43"


@pytest.fixture
def region(db: None) -> Region:
    return add_region(by=None, at=NOON, code="99", name_zh="云岭省", name_en="Yunling")


def opened(*more: str) -> str:
    out = StringIO()
    call_command("open_institution", "安技校", "--kind=training", "--region=99", *more, stdout=out)
    return out.getvalue().strip()


def test_it_opens_an_institution_and_prints_its_uuid(region: Region) -> None:
    printed = opened("--name-en=School", f"--credit-code={BODY}")

    made = Institution.objects.get(uuid=UUID(printed))
    assert (made.kind, made.name_zh, made.name_en, made.region, made.credit_code) == (
        "training",
        "安技校",
        "School",
        region,
        BODY,
    )
    assert InstitutionShelf.objects.get().institution == made


def test_it_opens_one_however_often_it_runs_with_a_uuid(region: Region) -> None:
    assert [opened(f"--uuid={MADE}"), opened(f"--uuid={MADE}")] == [MADE, MADE]
    assert Institution.objects.count() == 1


@pytest.mark.parametrize(
    ("command", "named"),
    [
        (["安技校", "--kind=exam", "--region=77"], "--region is '77'"),
        (["安技校", "--kind=both", "--region=99"], "argument --kind: invalid choice: 'both'"),
        (
            ["安技校", "--kind=exam", "--region=99", "--credit-code=9135"],
            r"credit_code: '9135' \(length\)",
        ),
        ([" ", "--kind=exam", "--region=99"], "name_zh: ' ', allowed: 1 to 120"),
    ],
    ids=["no region", "both kinds", "no credit code", "no name"],
)
def test_it_names_the_value_that_cannot_be_and_what_can(region: Region, command: list[str], named: str) -> None:
    with pytest.raises(CommandError, match=named):
        call_command("open_institution", *command)

    assert not Institution.objects.exists()
