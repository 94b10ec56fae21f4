"""What editors read when a video was not accepted or is quarantined: what happened, and what to do about it.

The codes come from `rules.probing` and `actions`; every code has a text here.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True)
class Explanation:
    code: str
    what: Text
    advice: Text


_SAVE_AS_MP4 = _("Save the video as MP4 (H.264 picture, AAC sound) and upload that file.")
_TRY_AGAIN = _("Press “Try again”. If it fails again, tell the administrator.")

EXPLANATIONS: dict[str, tuple[Text, Text]] = {
    "not_media": (_("This file is not a video."), _("Check that you chose the right file, or save the video as MP4.")),
    "container_not_allowed": (_("This kind of file is not accepted as a video."), _SAVE_AS_MP4),
    "no_video": (_("The file has no picture track."), _("Upload a file with moving pictures, not only sound.")),
    "video_codec_not_allowed": (_("The picture is in a format that is not accepted."), _SAVE_AS_MP4),
    "audio_codec_not_allowed": (_("The sound is in a format that is not accepted."), _SAVE_AS_MP4),
    "sound_unusual": (
        _("The sound has no usual form: too many channels, or a sampling rate that no player knows."),
        _("Export it again with stereo sound at 48 kHz."),
    ),
    "too_many_streams": (
        _("The file holds too many tracks."),
        _("Export it with one picture track and one sound track."),
    ),
    "picture_too_small": (_("The picture is too small."), _("Upload a version of at least 32 by 32 pixels.")),
    "picture_too_large": (_("The picture is too large."), _("Export the video with 1920 by 1080 pixels.")),
    "too_short": (
        _("The video is shorter than one second, or its length cannot be read."),
        _("Export the video again and upload the new file."),
    ),
    "too_long": (_("The video is longer than six hours."), _("Split it into several lessons.")),
    "too_costly": (
        _("Preparing this video would take more work than we give to one video."),
        _("Export the video with 1920 by 1080 pixels and 25 or 30 pictures per second, or split it into lessons."),
    ),
    "damaged": (
        _("The file is damaged: parts of it cannot be read."),
        _("Play the file to its end on your computer; export it again and upload the new file."),
    ),
    "timed_out": (_("Preparing the video took too long."), _TRY_AGAIN),
    "gave_up": (_("The work was interrupted several times."), _TRY_AGAIN),
    "disk_full": (
        _("The disk of the server is full."),
        _("Tell the administrator; when there is room again, press “Try again”."),
    ),
    "internal": (_("Something went wrong on our side."), _TRY_AGAIN),
}


def explain(codes: Iterable[str]) -> list[Explanation]:
    """Texts for these codes, in their order; an unknown code reads as an error of ours."""
    return [Explanation(code, *EXPLANATIONS.get(code, EXPLANATIONS["internal"])) for code in codes]
