import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_a_page_speaks_chinese_to_whoever_has_not_chosen() -> None:
    page = Client(headers={"accept-language": "en-US"}).get("/accounts/login/").content.decode()

    assert '<html lang="zh-Hans">' in page
    assert "手机号或邮箱" in page


def test_a_page_speaks_the_language_that_its_reader_chose() -> None:
    reader = Client()
    reader.post("/i18n/setlang/", {"language": "en", "next": "/"})

    page = reader.get("/accounts/login/").content.decode()

    assert '<html lang="en">' in page
    assert "手机号或邮箱" not in page
