"""What the authority's pages say about states."""

from django.utils.translation import gettext_lazy

from lms.teachers.models import ClaimState
from lms.teachers.rules.consequences import YearState

STATE_LABELS = {
    YearState.COMPLETE: gettext_lazy("Complete"),
    YearState.RUNNING: gettext_lazy("Under way"),
    YearState.GRACE: gettext_lazy("Short, to be made up"),
    YearState.SHORT: gettext_lazy("Short"),
    YearState.EXEMPT: gettext_lazy("Owes nothing"),
}
STATE_MARKS = {
    YearState.COMPLETE: "ok",
    YearState.RUNNING: "",
    YearState.GRACE: "wait",
    YearState.SHORT: "stop",
    YearState.EXEMPT: "",
}
TONES = {
    YearState.COMPLETE: "done",
    YearState.RUNNING: "way",
    YearState.GRACE: "idle",
    YearState.SHORT: "behind",
    YearState.EXEMPT: "none",
}
CLAIM_MARKS = {
    ClaimState.WAITING: "wait",
    ClaimState.ACCEPTED: "ok",
    ClaimState.REFUSED: "stop",
    ClaimState.TAKEN_BACK: "",
}
