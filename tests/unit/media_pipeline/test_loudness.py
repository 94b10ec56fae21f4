"""How loud a film becomes."""

import pytest

from media_pipeline.rules.loudness import Loudness, Mastering, mastering, parse_loudness

PRINTED = """frame:0    pts:0       pts_time:0
lavfi.r128.M=-120.691
lavfi.r128.I=-70.000
lavfi.r128.true_peaks_ch0=-12.0
lavfi.r128.true_peaks_ch1=-11.5
frame:1    pts:48000   pts_time:1
lavfi.r128.M=-23.1
lavfi.r128.I=-22.400
lavfi.r128.true_peaks_ch0=-4.2
lavfi.r128.true_peaks_ch1=-5.0
"""


@pytest.mark.parametrize(
    ("measured", "wanted"),
    [
        (Loudness(-16, -3), Mastering(0, False)),
        (Loudness(-23, -9), Mastering(7, False)),
        (Loudness(-23, -8), Mastering(7, True)),
        (Loudness(-10, 0), Mastering(-6, False)),
        (Loudness(-50, -30), Mastering(24, False)),
        (Loudness(-70, -70), Mastering(0, False)),
        (None, Mastering(0, False)),
    ],
)
def test_one_gain_leads_to_the_loudness_wanted(measured: Loudness | None, wanted: Mastering) -> None:
    assert mastering(measured) == wanted


def test_the_last_running_measure_is_that_of_the_whole_film() -> None:
    assert parse_loudness(PRINTED) == Loudness(-22.4, -4.2)


@pytest.mark.parametrize("printed", ["", "lavfi.r128.I=", "lavfi.r128.I=loud\n"])
def test_nothing_printed_is_nothing_measured(printed: str) -> None:
    assert parse_loudness(printed) is None
