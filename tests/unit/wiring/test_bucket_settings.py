"""Half a bucket is an error that every command tells."""

from typing import Any

import pytest

from lms.wiring.checks import the_bucket_is_whole

WHOLE = {
    "MEDIA_BUCKET": "xueshi-media",
    "MEDIA_ENDPOINT": "https://oss-cn-beijing.example.cn",
    "MEDIA_REGION": "cn-beijing",
    "AWS_ACCESS_KEY_ID": "id",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "BASE_URL": "https://hours.example.cn",
}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, []),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, []),
        ({"MEDIA_ENDPOINT": ""}, []),
        ({"MEDIA_REGION": ""}, []),
        ({"MEDIA_BUCKET": ""}, ["xueshi.E002"]),
        ({"MEDIA_BUCKET": "", "MEDIA_ENDPOINT": ""}, ["xueshi.E002"]),
        ({"MEDIA_BUCKET": "", "MEDIA_ENDPOINT": "", "MEDIA_REGION": ""}, []),
        ({"AWS_SECRET_ACCESS_KEY": ""}, ["xueshi.E003"]),
        ({"AWS_ACCESS_KEY_ID": ""}, ["xueshi.E003"]),
        ({"MEDIA_ENDPOINT": "", "MEDIA_REGION": ""}, ["xueshi.E004"]),
        ({"MEDIA_ENDPOINT": "http://minio:9000"}, ["xueshi.E005"]),
        ({"MEDIA_ENDPOINT": "http://minio:9000", "BASE_URL": "http://127.0.0.1:8000"}, []),
    ],
)
def test_half_a_bucket_is_refused(settings: Any, changed: dict[str, str], expected: list[str]) -> None:
    for name, value in {**WHOLE, **changed}.items():
        setattr(settings, name, value)

    found = the_bucket_is_whole()

    assert [str(each.id) for each in found] == expected
    assert "secret" not in "".join(str(each.msg) for each in found)
