"""Captions of a video: who saves and withdraws them, what stays, and the editors' pages."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client

from lms.audit.models import Event
from media_pipeline import queries
from media_pipeline.actions import captions as actions
from media_pipeline.models import Asset, CaptionVersion
from media_pipeline.rules.captions import Cue
from tests.films import make_film

from .conftest import AT

pytestmark = pytest.mark.django_db
CUES = (Cue(1_000, 3_000, "先断开电源。"), Cue(4_000, 6_000, "再救人。"))
SRT = "1\n00:00:01,000 --> 00:00:03,000\n先断开电源。\n\n2\n00:00:04,000 --> 00:00:06,000\n再救人。\n"


@pytest.fixture
def film(wanda: Any) -> Asset:
    """A minute, uploaded by Wanda, who may change the captions of her own."""
    asset = make_film(1, heights=[360]).asset
    assert asset is not None
    Asset.objects.filter(pk=asset.pk).update(uploaded_by=wanda)
    asset.refresh_from_db()
    return asset


def save(film: Asset, by: Any, *cues: Cue, language: str = "zh-Hans", replaces: int = 0, **more: Any) -> CaptionVersion:
    values = {"uuid": uuid.uuid4(), "at": AT, "cues": cues or CUES, **more}
    return actions.save_captions(by=by, asset_uuid=film.uuid, language=language, replaces=replaces, **values)


def withdraw(film: Asset, by: Any, *, replaces: int, **more: Any) -> CaptionVersion:
    values = {"uuid": uuid.uuid4(), "at": AT, "language": "zh-Hans", **more}
    return actions.withdraw_captions(by=by, asset_uuid=film.uuid, replaces=replaces, **values)


def shown(film: Asset) -> list[tuple[str, int]]:
    return [(each.language, each.number) for each in queries.captions_of(film)]


def test_every_save_is_a_further_version_and_the_last_is_shown(film: Asset, wanda: Any) -> None:
    save(film, wanda)
    save(film, wanda, Cue(0, 1_000, "Off first."), language="en")
    save(film, wanda, Cue(0, 2_000, "改过。"), replaces=1)

    assert shown(film) == [("zh-Hans", 2), ("en", 1)]
    assert queries.captions_text(queries.caption_version(film, "zh-Hans")) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n改过。\n"
    )
    assert queries.captions_text(queries.caption_version(film, "zh-Hans", 1)).count("-->") == 2
    assert [each.number for each in queries.caption_history(film, "zh-Hans")] == [2, 1]


def test_the_log_tells_who_saved_and_withdrew_without_a_word_of_them(film: Asset, wanda: Any) -> None:
    save(film, wanda)
    withdraw(film, wanda, replaces=1)

    told = Event.objects.order_by("pk").values_list("verb", "by", "detail")
    where = {"video": str(film.uuid), "language": "zh-Hans"}
    assert list(told) == [
        ("captions.saved", wanda.pk, {**where, "number": 1, "cues": 2}),
        ("captions.withdrawn", wanda.pk, {**where, "number": 2}),
    ]


def test_withdrawn_captions_are_not_shown_and_can_be_saved_again(film: Asset, wanda: Any) -> None:
    save(film, wanda)

    withdraw(film, wanda, replaces=1)

    assert shown(film) == []
    with pytest.raises(queries.CaptionsUnknown):
        queries.caption_version(film, "zh-Hans")
    with pytest.raises(actions.NotAllowed):
        withdraw(film, wanda, replaces=2)
    save(film, wanda, replaces=2)
    assert shown(film) == [("zh-Hans", 3)]


def test_the_same_save_twice_is_one_version(film: Asset, wanda: Any) -> None:
    again = uuid.uuid4()

    first = save(film, wanda, uuid=again)
    second = save(film, wanda, uuid=again)
    unchanged = save(film, wanda, replaces=1)

    assert first == second == unchanged
    with pytest.raises(actions.CaptionsDiffer):
        save(film, wanda, uuid=again, language="en")
    gone = withdraw(film, wanda, replaces=1, uuid=(leave := uuid.uuid4()))
    assert withdraw(film, wanda, replaces=1, uuid=leave) == gone
    assert CaptionVersion.objects.count() == 2
    assert Event.objects.count() == 2


def test_nobody_overwrites_what_another_saved_meanwhile(film: Asset, wanda: Any) -> None:
    save(film, wanda)

    with pytest.raises(actions.CaptionsChanged, match="1"):
        save(film, wanda, Cue(0, 5, "other"), replaces=0)
    with pytest.raises(actions.CaptionsChanged):
        withdraw(film, wanda, replaces=2)


@pytest.mark.django_db(transaction=True)
def test_of_people_who_save_at_once_one_is_kept_and_the_others_are_told(film: Asset, wanda: Any) -> None:
    def save_once(word: str) -> str:
        try:
            return str(save(film, wanda, Cue(0, 1_000, word)).number)
        except actions.CaptionsChanged as changed:
            return f"changed to {changed.number}"
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(save_once, "abcd"))

    assert sorted(answers) == ["1", "changed to 1", "changed to 1", "changed to 1"]
    assert CaptionVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("cues", "codes"),
    [
        ([Cue(50_000, 70_000, "a")], ["after_the_end"]),
        ([Cue(5, 5, "a")], ["ends_before_it_starts"]),
        ([Cue(0, 20_000, "a"), Cue(10_000, 30_000, "b")], ["overlaps"]),
    ],
)
def test_cues_that_break_the_rules_are_not_saved(film: Asset, wanda: Any, cues: list[Cue], codes: list[str]) -> None:
    with pytest.raises(actions.CaptionsUnfit) as refused:
        save(film, wanda, *cues)

    assert [fault.code for fault in refused.value.faults] == codes
    assert CaptionVersion.objects.count() == 0


def test_only_who_may_change_the_video_captions_it(film: Asset, wanda: Any, olga: Any, bob: Any) -> None:
    from .conftest import person

    walter, carla = person("walter@media.test", "add_asset"), person("carla@media.test", "change_asset")

    for stranger in (olga, bob, walter):
        with pytest.raises(actions.NotAllowed):
            save(film, stranger)
    save(film, carla)
    save(film, None, Cue(0, 1, "a"), language="en")
    assert shown(film) == [("zh-Hans", 1), ("en", 1)]


def test_a_language_that_nobody_knows_and_a_video_that_is_not_ready_are_refused(film: Asset, wanda: Any) -> None:
    waiting = Asset.objects.create(
        title="w", source_name="w", bytes=1, sha256="0" * 64, uploaded_at=AT, woken_at=AT, uploaded_by=wanda
    )

    with pytest.raises(actions.LanguageUnknown):
        save(film, wanda, language="tlh")
    with pytest.raises(actions.NotAllowed):
        save(waiting, wanda)


def test_the_database_has_no_two_versions_of_one_number(film: Asset, wanda: Any) -> None:
    version = save(film, wanda)

    with pytest.raises(IntegrityError), transaction.atomic():
        CaptionVersion.objects.create(
            uuid=uuid.uuid4(), asset=film, language="zh-Hans", number=version.number, cues=[], cue_count=1, made_at=AT
        )


def file_form(content: bytes, language: str = "zh-Hans", name: str = "第一讲.srt") -> dict[str, Any]:
    return {
        "save": str(uuid.uuid4()),
        "language": language,
        "file": SimpleUploadedFile(name, content, "application/x-subrip"),
    }


def test_a_file_is_saved_and_what_was_converted_is_told(
    film: Asset, wanda: Any, as_person: Callable[[Any], Client]
) -> None:
    client = as_person(wanda)
    assert "This video has no captions yet." in client.get(f"/admin/videos/{film.uuid}/captions/").content.decode()

    answer = client.post(f"/admin/videos/{film.uuid}/captions/", file_form(SRT.encode("gb18030")), follow=True)

    assert answer.redirect_chain == [(f"/admin/videos/{film.uuid}/captions/zh-Hans/", 302)]
    page = answer.content.decode()
    assert "The file was converted from GB 18030." in page
    assert "00:00:04.000 --&gt; 00:00:06.000\n再救人。" in page
    assert "第一讲.srt" in page
    assert shown(film) == [("zh-Hans", 1)]
    listed = client.get(f"/admin/videos/{film.uuid}/captions/").content.decode()
    assert "中文（简体）" in listed and "captions/zh-Hans/1.vtt?keep" in listed
    assert "中文（简体）" in client.get(f"/admin/videos/{film.uuid}/").content.decode()


def test_a_file_replaces_the_version_that_its_sender_saw_and_no_newer_one(
    film: Asset, wanda: Any, as_person: Callable[[Any], Client]
) -> None:
    save(film, wanda)
    client, address = as_person(wanda), f"/admin/videos/{film.uuid}/captions/"
    seen = client.get(address).context["form"]["shown"].value()
    save(film, wanda, Cue(0, 2_000, "同事改过。"), replaces=1)

    late = client.post(address, {**file_form(SRT.encode()), "shown": seen})
    unsaid = client.post(address, file_form(SRT.encode()))
    fresh = client.get(address).context["form"]["shown"].value()
    kept = [each.number for each in queries.caption_history(film, "zh-Hans")]
    saved = client.post(address, {**file_form(SRT.encode()), "shown": fresh})

    assert (seen, fresh) == ('{"zh-Hans": 1}', '{"zh-Hans": 2}')
    assert (late.status_code, unsaid.status_code, kept) == (422, 422, [2, 1])
    assert "Somebody saved these captions meanwhile." in late.content.decode()
    assert "再救人。" in late.content.decode()
    assert saved["Location"] == f"{address}zh-Hans/"
    assert shown(film) == [("zh-Hans", 3)]


@pytest.mark.parametrize("said", ["[]", '{"zh-Hans": "x"}', '{"zh-Hans": -1}', "null", "{"])
def test_a_page_that_says_no_version_saves_no_file(
    film: Asset, wanda: Any, as_person: Callable[[Any], Client], said: str
) -> None:
    save(film, wanda)

    answer = as_person(wanda).post(
        f"/admin/videos/{film.uuid}/captions/", {**file_form(SRT.replace("再", "不").encode()), "shown": said}
    )

    assert answer.status_code == 422
    assert shown(film) == [("zh-Hans", 1)]


def test_a_file_with_mistakes_is_opened_in_the_editor_with_each_at_its_line(
    film: Asset, wanda: Any, as_person: Callable[[Any], Client]
) -> None:
    broken = SRT.replace("00:00:06,000", "00:01:06,000").replace("00:00:03,000", "00:00:00,500")

    answer = as_person(wanda).post(f"/admin/videos/{film.uuid}/captions/", file_form(broken.encode()))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'data-line-number="2"' in page and 'data-line-number="6"' in page
    assert "the video is over at 00:01:00.000" in page
    assert "先断开电源。" in page
    assert f'action="/admin/videos/{film.uuid}/captions/zh-Hans/"' in page
    assert shown(film) == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\xff", "cannot be read with certainty"),
        (b"a" * (2 * 1024**2 + 5), "at most 2097152"),
        (b"", "The submitted file is empty."),
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\na\x00b", "U+0000"),
    ],
)
def test_what_is_no_caption_file_is_told(
    film: Asset, wanda: Any, as_person: Callable[[Any], Client], content: bytes, told: str
) -> None:
    answer = as_person(wanda).post(f"/admin/videos/{film.uuid}/captions/", file_form(content))

    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert shown(film) == []


def test_hostile_words_reach_the_page_as_words(film: Asset, wanda: Any, as_person: Callable[[Any], Client]) -> None:
    client, hostile = as_person(wanda), "</textarea><script>alert(1)</script>"
    srt = f"1\n00:00:01,000 --> 00:00:02,000\n{hostile}\n"

    client.post(f"/admin/videos/{film.uuid}/captions/", file_form(srt.encode(), name="<script>.srt"))
    page = client.get(f"/admin/videos/{film.uuid}/captions/zh-Hans/").content.decode()
    file = client.get(f"/admin/videos/{film.uuid}/captions/zh-Hans/1.vtt").content.decode()

    assert "<script>alert" not in page and "<script>.srt" not in page
    assert "&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt;" in file and "<script" not in file


def test_without_a_file_an_empty_page_is_opened(film: Asset, wanda: Any, as_person: Callable[[Any], Client]) -> None:
    client = as_person(wanda)

    answer = client.post(f"/admin/videos/{film.uuid}/captions/", {"save": str(uuid.uuid4()), "language": "bo"})

    assert answer["Location"] == f"/admin/videos/{film.uuid}/captions/bo/"
    page = client.get(answer["Location"]).content.decode()
    assert "བོད་ཡིག" in page
    assert f'data-playlist="/admin/videos/{film.uuid}/preview/master.m3u8"' in page


def test_an_edited_text_is_saved_upon_the_version_it_was_made_from(
    film: Asset, wanda: Any, as_person: Callable[[Any], Client]
) -> None:
    save(film, wanda)
    client, address = as_person(wanda), f"/admin/videos/{film.uuid}/captions/zh-Hans/"
    text = "WEBVTT\r\n\r\n00:01.000 --> 00:02.000\r\n<b>新</b>\r\n"

    saved = client.post(address, {"save": str(uuid.uuid4()), "replaces": 1, "text": text})
    late = client.post(address, {"save": str(uuid.uuid4()), "replaces": 1, "text": text.replace("新", "旧")})
    broken = client.post(address, {"save": str(uuid.uuid4()), "replaces": 2, "text": "WEBVTT\n\nwords\n"})

    assert saved["Location"] == address
    assert (late.status_code, broken.status_code) == (422, 422)
    assert "Somebody saved these captions meanwhile." in late.content.decode()
    assert "&lt;b&gt;旧&lt;/b&gt;" in late.content.decode()
    assert "“words” has no times." in broken.content.decode()
    assert queries.caption_version(film, "zh-Hans").cues == [[1_000, 2_000, "<b>新</b>"]]


def test_the_check_tells_mistakes_or_gives_what_the_player_shows(
    film: Asset, wanda: Any, as_person: Callable[[Any], Client]
) -> None:
    client, address = as_person(wanda), f"/admin/videos/{film.uuid}/captions/en/check/"

    fine = client.post(address, {"text": SRT})
    wrong = client.post(address, {"text": "1\n00:00:61,000 --> 00:00:02,000\na"})

    assert fine.json()["cues"] == [[1_000, 3_000, "先断开电源。"], [4_000, 6_000, "再救人。"]]
    assert fine.json()["faults"] == []
    assert [fault["line"] for fault in wrong.json()["faults"]] == [2]
    assert wrong.json()["cues"] == []
    assert CaptionVersion.objects.count() == 0


def test_captions_are_withdrawn_on_the_page(film: Asset, wanda: Any, as_person: Callable[[Any], Client]) -> None:
    save(film, wanda)
    client, address = as_person(wanda), f"/admin/videos/{film.uuid}/captions/zh-Hans/withdraw/"

    late = client.post(address, {"save": str(uuid.uuid4()), "replaces": 7}, follow=True)
    assert "Nothing was withdrawn." in late.content.decode()
    done = client.post(address, {"save": str(uuid.uuid4()), "replaces": 1}, follow=True)

    assert "These captions are not shown any more." in done.content.decode()
    assert shown(film) == []
    assert client.get(f"/admin/videos/{film.uuid}/captions/zh-Hans/2.vtt").status_code == 404
    assert client.get(f"/admin/videos/{film.uuid}/captions/zh-Hans/1.vtt").status_code == 200


def test_a_file_is_for_a_player_or_to_keep(film: Asset, wanda: Any, as_person: Callable[[Any], Client]) -> None:
    save(film, wanda)
    client, address = as_person(wanda), f"/admin/videos/{film.uuid}/captions/zh-Hans/1.vtt"

    answer = client.get(address)
    again = client.get(address, headers={"if-none-match": answer["ETag"]})
    kept = client.get(f"{address}?keep")

    assert answer["Content-Type"] == "text/vtt; charset=utf-8"
    assert answer.content.decode().startswith("WEBVTT\n\n00:00:01.000 --> 00:00:03.000\n先断开电源。\n")
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", answer["ETag"])
    assert kept["Content-Disposition"] == f'attachment; filename="{film.uuid}-zh-Hans-1.vtt"'


def test_who_only_sees_the_video_reads_and_changes_nothing(
    film: Asset, wanda: Any, olga: Any, as_person: Callable[[Any], Client]
) -> None:
    save(film, wanda)
    client, base = as_person(olga), f"/admin/videos/{film.uuid}/captions/"

    listed, page = client.get(base).content.decode(), client.get(f"{base}zh-Hans/").content.decode()
    posts = [
        client.post(base, file_form(SRT.encode(), "en")),
        client.post(f"{base}zh-Hans/", {"save": str(uuid.uuid4()), "replaces": 1, "text": SRT.replace("再", "不")}),
        client.post(f"{base}zh-Hans/withdraw/", {"save": str(uuid.uuid4()), "replaces": 1}),
    ]

    assert "Withdraw" not in listed and "Add or replace captions" not in listed
    assert "readonly" in page and "Save captions" not in page
    assert [answer.status_code for answer in posts] == [302, 302, 302]
    assert shown(film) == [("zh-Hans", 1)]
    assert CaptionVersion.objects.count() == 1


def test_the_preview_plays_for_who_sees_the_video_and_keeps_no_key(
    film: Asset, olga: Any, as_person: Callable[[Any], Client]
) -> None:
    client, base = as_person(olga), f"/admin/videos/{film.uuid}/preview/"

    master = client.get(f"{base}master.m3u8")
    playlist = client.get(f"{base}360.m3u8")
    key = client.get(f"{base}keys/0")

    assert f"{base}360.m3u8" in master.content.decode()
    assert f'URI="{base}keys/0"' in playlist.content.decode()
    assert key.content == bytes(16)
    assert key["Cache-Control"].startswith("no-store")
    assert client.get(f"{base}keys/1").status_code == client.get(f"{base}720.m3u8").status_code == 404


def test_a_stranger_finds_no_captions_and_no_preview(
    film: Asset, wanda: Any, as_person: Callable[[Any], Client]
) -> None:
    from .conftest import person

    save(film, wanda)
    client, base = as_person(person("walter@media.test", "add_asset")), f"/admin/videos/{film.uuid}/"

    for address in (
        "captions/",
        "captions/zh-Hans/",
        "captions/zh-Hans/1.vtt",
        "preview/master.m3u8",
        "preview/keys/0",
    ):
        assert client.get(f"{base}{address}").status_code == 404, address
    assert client.post(f"{base}captions/zh-Hans/check/", {"text": SRT}).status_code == 404
    assert client.post(f"{base}captions/zh-Hans/withdraw/", {"replaces": 1}).status_code == 404
