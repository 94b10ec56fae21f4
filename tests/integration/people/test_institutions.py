from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import AnonymousUser

from lms.accounts.actions import NotAdministrator, grant_role, suspend
from lms.accounts.models import User
from lms.audit.models import Event
from lms.institutions import actions
from lms.institutions.models import Institution, Membership, Region
from lms.institutions.queries import (
    InstitutionNotFound,
    institution_for,
    institutions_of,
    may_see_region,
    regions_of,
    staffs,
)
from tests.integration.people.made_up import AT

MADE = UUID("55555555-5555-4555-8555-555555555555")


@pytest.fixture
def province(db: None) -> Region:
    return actions.add_region(by=None, at=AT, code="99", name_zh="甲省", name_en="Province A")


@pytest.fixture
def city(province: Region) -> Region:
    return actions.add_region(by=None, at=AT, code="9901", name_zh="乙市", name_en="City B", parent=province)


@pytest.fixture
def elsewhere(db: None) -> Region:
    return actions.add_region(by=None, at=AT, code="98", name_zh="丙省", name_en="Province C")


@pytest.fixture
def school(city: Region) -> Institution:
    return actions.open_institution(by=None, at=AT, uuid=MADE, kind="training", name_zh="丁培训中心", region=city)


def verbs(prefix: str) -> list[str]:
    return list(Event.objects.filter(verb__startswith=prefix).order_by("pk").values_list("verb", flat=True))


def test_doing_it_twice_changes_nothing(ada: User, wang: User, city: Region, school: Institution) -> None:
    again = actions.open_institution(by=ada, at=AT, uuid=MADE, kind="exam", name_zh="另一个", region=city)
    actions.join_institution(by=ada, at=AT, person=wang, institution=school)
    actions.join_institution(by=ada, at=AT, person=wang, institution=school)
    actions.post_authority(by=ada, at=AT, person=wang, region=city)
    actions.post_authority(by=ada, at=AT, person=wang, region=city)

    assert (again, again.kind) == (school, "training")
    assert verbs("institution.") == ["institution.opened", "institution.joined"]
    assert verbs("authority.") == ["authority.posted"]


def test_a_region_must_lie_in_its_parent(ada: User, province: Region) -> None:
    with pytest.raises(actions.BadRegion) as refused:
        actions.add_region(by=ada, at=AT, code="9801", name_zh="x", name_en="x", parent=province)

    assert refused.value.codes == ("region_code_not_below_parent",)


def test_an_institution_trains_or_examines_and_nothing_else(ada: User, city: Region) -> None:
    with pytest.raises(actions.BadInstitutionKind, match="kind: 'both', allowed: training or exam"):
        actions.open_institution(by=ada, at=AT, kind="both", name_zh="x", region=city)


@pytest.mark.parametrize(
    "names", [("", ""), ("  ", ""), ("长" * 121, ""), ("校", "x" * 121)], ids=["none", "blanks", "long", "long English"]
)
def test_an_institution_has_a_name_that_can_be_read(ada: User, city: Region, names: tuple[str, str]) -> None:
    with pytest.raises(actions.BadInstitutionName, match=r"name_(zh|en): .*, allowed: [01] to 120 characters"):
        actions.open_institution(by=ada, at=AT, kind="exam", name_zh=names[0], name_en=names[1], region=city)

    assert not Institution.objects.exists()


def test_staff_need_the_role_and_the_place(ada: User, wang: User, school: Institution) -> None:
    assert not staffs(wang, school)
    actions.join_institution(by=ada, at=AT, person=wang, institution=school)
    assert list(institutions_of(wang)) == [school]
    assert not staffs(wang, school)
    grant_role(by=ada, at=AT, person=wang, role="institution")
    assert staffs(wang, school)

    actions.leave_institution(by=ada, at=AT, person=wang, institution=school)

    assert not staffs(wang, school)
    assert Membership.objects.get(person=wang).ended_at == AT


def test_whoever_left_may_join_again(ada: User, wang: User, school: Institution) -> None:
    actions.join_institution(by=ada, at=AT, person=wang, institution=school)
    actions.leave_institution(by=ada, at=AT, person=wang, institution=school)
    actions.join_institution(by=ada, at=AT, person=wang, institution=school)

    assert list(institutions_of(wang)) == [school]


def test_the_suspended_staff_nothing(ada: User, wang: User, school: Institution) -> None:
    actions.join_institution(by=ada, at=AT, person=wang, institution=school)
    grant_role(by=ada, at=AT, person=wang, role="institution")
    suspend(by=ada, at=AT, person=wang, reason="left")

    assert not staffs(wang, school)
    assert list(institutions_of(wang)) == []


def test_an_authority_sees_its_region_and_below(
    ada: User, wang: User, province: Region, city: Region, elsewhere: Region
) -> None:
    actions.post_authority(by=ada, at=AT, person=wang, region=province)
    assert list(regions_of(wang)) == []
    grant_role(by=ada, at=AT, person=wang, role="authority")

    assert list(regions_of(wang)) == [province, city]
    assert may_see_region(wang, city)
    assert not may_see_region(wang, elsewhere)

    actions.end_post(by=ada, at=AT, person=wang, region=province)

    assert list(regions_of(wang)) == []
    assert not may_see_region(wang, city)


def test_a_county_does_not_see_its_province(ada: User, wang: User, province: Region, city: Region) -> None:
    grant_role(by=ada, at=AT, person=wang, role="authority")
    actions.post_authority(by=ada, at=AT, person=wang, region=city)

    assert list(regions_of(wang)) == [city]
    assert not may_see_region(wang, province)


def test_an_administrator_sees_every_region(ada: User, city: Region, elsewhere: Region) -> None:
    assert [region.code for region in regions_of(ada)] == ["98", "99", "9901"]
    assert may_see_region(ada, elsewhere)


def test_an_institution_is_opened_by_its_people_its_authority_and_administrators(
    ada: User, wang: User, chen: User, school: Institution, province: Region
) -> None:
    actions.join_institution(by=ada, at=AT, person=wang, institution=school)
    assert institution_for(wang, MADE) == school
    assert institution_for(ada, MADE) == school
    for stranger in (chen, AnonymousUser()):
        with pytest.raises(InstitutionNotFound):
            institution_for(stranger, MADE)

    grant_role(by=ada, at=AT, person=chen, role="authority")
    actions.post_authority(by=ada, at=AT, person=chen, region=province)

    assert institution_for(chen, MADE) == school


def test_a_suspension_keeps_its_first_date_until_it_is_lifted(ada: User, school: Institution) -> None:
    later = AT.replace(hour=9)
    actions.suspend_institution(by=ada, at=AT, institution=school, reason="fake records")
    actions.suspend_institution(by=ada, at=later, institution=school, reason="again")
    assert school.suspended_at == AT

    actions.lift_suspension(by=ada, at=later, institution=school)

    assert school.suspended_at is None
    assert verbs("institution.susp") == ["institution.suspended", "institution.suspension_lifted"]


WRITES: dict[str, Callable[[Any, User, Institution], object]] = {
    "add_region": lambda by, p, i: actions.add_region(by=by, at=AT, code="97", name_zh="x", name_en="x"),
    "open_institution": lambda by, p, i: actions.open_institution(
        by=by, at=AT, kind="exam", name_zh="x", region=i.region
    ),
    "join_institution": lambda by, p, i: actions.join_institution(by=by, at=AT, person=p, institution=i),
    "leave_institution": lambda by, p, i: actions.leave_institution(by=by, at=AT, person=p, institution=i),
    "post_authority": lambda by, p, i: actions.post_authority(by=by, at=AT, person=p, region=i.region),
    "end_post": lambda by, p, i: actions.end_post(by=by, at=AT, person=p, region=i.region),
}


@pytest.mark.parametrize("name", WRITES)
def test_a_stranger_is_refused(wang: User, chen: User, school: Institution, name: str) -> None:
    grant_role(by=None, at=AT, person=chen, role="institution")
    events = Event.objects.count()

    for by in (chen, AnonymousUser()):
        with pytest.raises(NotAdministrator):
            WRITES[name](by, wang, school)

    assert Event.objects.count() == events
