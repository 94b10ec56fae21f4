"""The sentence for every code of an upload that is refused or spoiled: what is wrong and what to do about it."""

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from media_pipeline.limits import SOURCE_BYTES_MAX, UNFINISHED_UPLOADS_MAX


def refusal_text(code: str) -> str:
    """Why a request of the upload protocol was refused; an unknown code reads as an error of ours."""
    gone = _("This upload was given up, has expired or was damaged. Choose the file again to send it anew.")
    other_tab = _("Another tab is sending this file. Reload the page to go on here.")
    return {
        "empty": _("The file is empty."),
        "too_large": _("The file is too large; at most %(limit)s.") % {"limit": filesizeformat(SOURCE_BYTES_MAX)},
        "too_many": _(
            "You have %(number)s unfinished uploads, the most that are possible at once. Finish or give up one of them."
        )
        % {"number": UNFINISHED_UPLOADS_MAX},
        "no_space": _("The server has no space for this file right now. Tell the administrator, or try again later."),
        "not_logged_in": _(
            "You are logged out. Log in again in another tab, then press “Go on” here; what was sent is kept."
        ),
        "not_allowed": _("You may not upload videos here."),
        "unknown": _("There is no such upload any more. Open the page again."),
        "id_taken": _("This form was already used for another file. Open the page again."),
        "gone": gone,
        "bytes_lost": gone,
        "offset_differs": other_tab,
        "busy": other_tab,
        "checksum_differs": _("A part was damaged on the way. Press “Go on” to send it again."),
    }.get(code, _("The upload was refused. Open the page again; if that does not help, tell the administrator."))


def spoiled_text(reason: str) -> str:
    """Why a complete upload became no video, and what to do."""
    return {
        "checksum_differs": _("The file is not what was announced: its checksum differs. Send it again."),
        "gave_up": _("The file could not be checked: the check was interrupted several times. Send it again."),
        "no_longer_allowed": _("You may no longer upload videos; the file was not kept."),
    }.get(
        reason, _("The file was damaged on our disk: its checksum differs. Send it again, and tell the administrator.")
    )
