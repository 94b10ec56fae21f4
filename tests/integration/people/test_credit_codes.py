"""One body is never of both kinds: the action refuses it with a reason, PostgreSQL without one."""

import pytest
from django.db import IntegrityError, transaction

from lms.audit.models import Event
from lms.institutions.actions import BadCreditCode, add_region, open_institution
from lms.institutions.models import Institution, Region
from tests.world import NOON

BODY = "91350100M000100Y43"


@pytest.fixture
def region(db: None) -> Region:
    return add_region(by=None, at=NOON, code="99", name_zh="云岭省", name_en="Yunling")


def opened(region: Region, kind: str, code: str) -> Institution:
    return open_institution(by=None, at=NOON, kind=kind, name_zh="安技校", region=region, credit_code=code)


def test_an_institution_has_the_code_of_its_body(region: Region) -> None:
    assert opened(region, "training", f" {BODY.lower()} ").credit_code == BODY
    assert opened(region, "training", "").credit_code == ""


def test_a_body_may_train_under_two_names(region: Region) -> None:
    opened(region, "training", BODY)

    assert opened(region, "training", BODY).credit_code == BODY


@pytest.mark.parametrize(
    ("code", "reason"), [("91350100M000100Y44", "check_sign"), ("9135", "length"), ("?" * 18, "signs")]
)
def test_a_code_that_cannot_be_opens_nothing(region: Region, code: str, reason: str) -> None:
    with pytest.raises(BadCreditCode, match=f"credit_code: '.*' \\({reason}\\), allowed: 18 signs") as refused:
        opened(region, "training", code)

    assert refused.value.code == reason
    assert not Institution.objects.exists()
    assert not Event.objects.filter(verb="institution.opened").exists()


def test_whoever_trains_does_not_examine_under_another_name(region: Region) -> None:
    opened(region, "training", BODY)

    with pytest.raises(BadCreditCode) as refused:
        opened(region, "exam", BODY)

    assert refused.value.code == "other_kind"
    with pytest.raises(IntegrityError, match="a_body_trains_or_examines"), transaction.atomic():
        Institution.objects.create(kind="exam", name_zh="考试院", region=region, credit_code=BODY)
