import pytest

from lms.accounts.rules.roles import content_groups, may_find, may_see


@pytest.mark.parametrize(
    ("roles", "groups", "finds", "sees_others"),
    [
        (set(), set(), False, False),
        ({"learner"}, set(), False, False),
        ({"teacher"}, set(), False, False),
        ({"institution"}, {"Editors"}, True, False),
        ({"reviewer"}, {"Moderators"}, False, False),
        ({"examiner"}, set(), True, False),
        ({"authority"}, set(), True, False),
        ({"administrator"}, set(), True, True),
        ({"institution", "reviewer"}, {"Editors", "Moderators"}, True, False),
    ],
)
def test_what_each_role_opens(roles: set[str], groups: set[str], finds: bool, sees_others: bool) -> None:
    held = frozenset(roles)

    assert content_groups(held) == groups
    assert may_find(held) is finds
    assert may_see(held, is_self=False) is sees_others
    assert may_see(held, is_self=True) is True
