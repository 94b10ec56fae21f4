"""Who may decide on a submission: a reviewer who has no part in it."""

import pytest

from lms.institutions.rules.reviewing import Judge, decision_problems, unfit_because


@pytest.mark.parametrize(
    ("label", "judge", "expected"),
    [
        ("an outsider of the committee", Judge(True, False, False, False), ()),
        ("no reviewer", Judge(False, False, False, False), ("not_a_reviewer",)),
        ("an author", Judge(True, True, False, False), ("edited_it",)),
        ("who submitted it", Judge(True, False, True, False), ("submitted_it",)),
        ("a colleague", Judge(True, False, False, True), ("works_there",)),
        ("everything", Judge(False, True, True, True), ("not_a_reviewer", "edited_it", "submitted_it", "works_there")),
    ],
)
def test_every_reason_is_named(label: str, judge: Judge, expected: tuple[str, ...]) -> None:
    assert unfit_because(judge) == expected, label


@pytest.mark.parametrize(
    ("approves", "reason", "expected"),
    [
        (True, "", ()),
        (False, "缺图", ()),
        (False, " \n", ("reason_missing",)),
        (True, "长" * 2_001, ("reason_too_long",)),
    ],
)
def test_who_rejects_says_why(approves: bool, reason: str, expected: tuple[str, ...]) -> None:
    assert decision_problems(approves=approves, reason=reason) == expected
