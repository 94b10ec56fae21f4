"""The words of the study page, handed to its scripts as data: the scripts themselves hold none.

Keys are `light.<state>` and `light.<state>.why`, `refused.<code>`, `error.<code>` (codes of study protocol 1) and words
of controls. `{name}` is filled in by the script. A code without a text would leave a learner without a reason, so
tests compare the keys with the protocol's codes.
"""

from typing import get_args

from django.utils.translation import gettext as _

from lms.hours.rules.values import Code

REFUSAL_CODES = get_args(Code)
ERROR_CODES = (
    "bad_message",
    "too_large",
    "bad_seq",
    "not_open",
    "elsewhere",
    "not_enrolled",
    "locked",
    "withdrawn",
    "rate_limited",
    "unauthenticated",
)


def study_texts() -> dict[str, str]:
    """All words of the study page, in the language that is active now."""
    return {**_light(), **_refusals(), **_errors(), **_controls(), **_units()}


def refusal_text(code: str) -> str:
    """Why time was not counted, in one line; an unknown code says so rather than nothing."""
    return _refusals().get(f"refused.{code}", _("Not counted (%(code)s)") % {"code": code})


def _light() -> dict[str, str]:
    return {
        "light.connecting": _("Connecting"),
        "light.connecting.why": _("One moment: your study record is being opened."),
        "light.ready": _("Ready"),
        "light.ready.why": _("Press start. From then on every second is counted."),
        "light.counting": _("Counting"),
        "light.counting.why": _("This time is being counted."),
        "light.paused": _("Paused"),
        "light.paused.why": _("Nothing is counted while it is paused."),
        "light.resting": _("Paused"),
        "light.resting.why": _("Your time so far is safe. The connection comes back when you go on."),
        "light.buffering": _("Loading"),
        "light.buffering.why": _("The picture is still loading. Nothing is counted until it plays."),
        "light.hidden": _("Not counting"),
        "light.hidden.why": _("The page was out of sight, so that time was not counted. Nobody is punished for it."),
        "light.capped": _("Today's limit reached"),
        "light.capped.why": _("No more hours can be counted today. Come back tomorrow; your place is kept."),
        "light.check": _("Please answer"),
        "light.check.why": _("Answer the question to go on."),
        "light.lost": _("Connection lost"),
        "light.lost.why": _("Your time so far is safe. We are connecting again."),
        "light.elsewhere": _("Open on another device"),
        "light.elsewhere.why": _("You can study in one place at a time."),
        "light.superseded": _("Another device took over"),
        "light.superseded.why": _("Your time so far is safe. It now counts on the other device."),
        "light.covered": _("Already studied"),
        "light.covered.why": _("You have earned this stretch already. Watching it again adds nothing."),
        "light.idle": _("Are you still there?"),
        "light.idle.why": _("No touch for three minutes, so the clock stands still. Go on when you are ready."),
        "light.off_screen": _("Not counting"),
        "light.off_screen.why": _("Bring the section that you are reading onto the screen."),
        "light.section_done": _("Section finished"),
        "light.section_done.why": _("Scroll on to the next section."),
        "light.finished": _("Lesson finished"),
        "light.finished.why": _("All of this lesson has been studied."),
        "light.gaps": _("Not all of it is counted yet"),
        "light.gaps.why": _("Press play: it goes on at the first part that is missing."),
        "light.failed": _("Not possible now"),
        "light.failed.why": _("Please load the page again."),
    }


def _refusals() -> dict[str, str]:
    return {
        "refused.too_fast": _("Faster than real time, or skipped"),
        "refused.gap": _("No sign of the page for too long"),
        "refused.overlap": _("This time was already counted elsewhere"),
        "refused.already_covered": _("This stretch was already studied"),
        "refused.capped": _("Above today's limit"),
        "refused.hidden": _("The page was out of sight"),
        "refused.paused": _("Paused"),
        "refused.not_delivered": _("This part was not delivered to this device"),
        "refused.check_unanswered": _("The presence question was not answered"),
        "refused.superseded": _("Another device had taken over"),
    }


def _errors() -> dict[str, str]:
    return {
        "error.bad_message": _("The page sent something that the server does not understand. Please load it again."),
        "error.too_large": _("The page sent too much at once. Please load it again."),
        "error.bad_seq": _("The page and the server lost step. Connecting again."),
        "error.not_open": _("The study record is not open. Connecting again."),
        "error.elsewhere": _("This account is studying on another device now."),
        "error.not_enrolled": _("You are not enrolled in a class with this lesson."),
        "error.locked": _("This class is not open for study now. Hours earned in it stay yours."),
        "error.withdrawn": _("This lesson has been withdrawn. Hours earned in it stay yours."),
        "error.rate_limited": _("Too many messages at once. Going on in a moment."),
        "error.unauthenticated": _("You have been logged out. Please log in again."),
    }


def _controls() -> dict[str, str]:
    return {
        "play": _("Play"),
        "pause": _("Pause"),
        "mute": _("Mute"),
        "unmute": _("Sound on"),
        "captions_on": _("Show captions"),
        "captions_off": _("Hide captions"),
        "fullscreen": _("Full screen"),
        "shrink": _("Leave full screen"),
        "scrub_value": _("{position} of {duration}"),
        "start_reading": _("Start reading"),
        "go_on_reading": _("Go on reading"),
        "pause_reading": _("Pause"),
        "section_done": _("Done"),
        "take_over": _("Study here"),
        "take_back": _("Take it back here"),
        "take_over.why": _("Studying here stops it on the other device."),
        "log_in": _("Log in"),
        "load_again": _("Load again"),
        "video_failed": _("The video could not be loaded. Check the connection."),
        "too_early": _("This part is not open to you yet. Wait a moment, or load the page again."),
        "no_support": _("This browser cannot play the lesson. Please use a newer one."),
        "coverage": _("Studied {percent} %"),
        "refused_line": _("{duration} not counted: {reason}"),
        "check_left": _("{duration} left"),
        "check_sent": _("Your answer is being sent: {duration} left"),
        "check_passed": _("Thank you. Your time is confirmed."),
        "check_failed": _("Not answered, or not rightly: {duration} of unconfirmed time was taken back."),
    }


def _units() -> dict[str, str]:
    return {
        "unit.h_min": _("{h} h {m} min"),
        "unit.min_s": _("{m} min {s} s"),
        "unit.s": _("{s} s"),
        "unit.class_hours": _("{n} class hours"),
        "of": _("of {whole}"),
        "provisional": _("of which {duration} to be confirmed"),
    }
