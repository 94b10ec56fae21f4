"""No code of the study protocol may leave a learner without a reason."""

import pytest
from django.utils.translation import override

from lms.hours.study_texts import ERROR_CODES, REFUSAL_CODES, refusal_text, study_texts


@pytest.mark.parametrize("code", REFUSAL_CODES)
def test_it_has_a_reason_for_each_refusal(code):
    assert study_texts()[f"refused.{code}"]


@pytest.mark.parametrize("code", ERROR_CODES)
def test_it_has_words_for_each_error(code):
    assert study_texts()[f"error.{code}"]


def test_it_explains_each_state_of_the_light():
    texts = study_texts()
    states = [key for key in texts if key.startswith("light.") and not key.endswith(".why")]

    assert [state for state in states if f"{state}.why" not in texts] == []


def test_it_names_a_code_that_it_does_not_know():
    with override("en"):
        assert refusal_text("sunspots") == "Not counted (sunspots)"
