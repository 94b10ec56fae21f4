"""The pages of appeals, walked by those who may and tried by those who may not."""

import uuid

import pytest
from django.test import Client

from lms.accounts.models import User
from lms.hours.models import Appeal, Entry, EntrySort, Refusal
from tests.integration.hours.judges import Court, appealed, at_s, decided, proposed, refused_gap, voided_minute


def page_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def address(appeal: Appeal, step: str = "") -> str:
    return f"/manage/appeals/{appeal.uuid}/{step}"


def proposal(client: Client, appeal: Appeal, **changes: object) -> dict[str, object]:
    """The form as the page gives it, all that is offered accepted."""
    form = client.get(address(appeal)).context["proposing"]
    said = {"uuid": form["uuid"].value(), "verdict": "accept", "reason": "核对了公告"}
    said |= {name: form[name].value() for name in ("minutes", "seconds")}
    if "stretch" in form.fields:
        said["stretch"] = form.fields["stretch"].choices[0][0]
    return {**said, **changes}


def test_a_learner_a_school_and_an_authority_walk_the_whole_way(court: Court) -> None:
    refusal = refused_gap(court)
    alice, bob, vera = page_of(court.world.alice), page_of(court.world.bob), page_of(court.vera)

    mine = alice.get("/my/hours/").content.decode()
    assert f'href="/my/hours/refusals/{refusal.pk}/appeal/"' in mine
    form = alice.get(f"/my/hours/refusals/{refusal.pk}/appeal/").context["form"]
    sent = alice.post(
        f"/my/hours/refusals/{refusal.pk}/appeal/", {"uuid": form["uuid"].value(), "text": "隧道里没有信号"}
    )
    appeal = Appeal.objects.get()
    assert (sent.status_code, sent["Location"]) == (302, f"/my/hours/appeals/{appeal.uuid}/")

    assert "隧道里没有信号" in bob.get(address(appeal)).content.decode()
    said = proposal(bob, appeal)
    assert (said["minutes"], said["seconds"]) == (4, 0)
    assert bob.post(address(appeal, "propose/"), said).status_code == 302

    form = vera.get(address(appeal)).context["deciding"]
    said = {"proposal": form["proposal"].value(), "verb": "accept", "reason": "情况属实"}
    assert vera.post(address(appeal, "decide/"), said).status_code == 302

    entry = Entry.objects.get(sort=EntrySort.CORRECTION)
    assert (entry.from_at, entry.to_at, entry.ms) == (at_s(60), at_s(300), 240_000)
    mine = alice.get("/my/hours/").content.decode()
    assert "Bob 提出，Vera 决定" in mine
    assert "申诉成立" in mine
    told = alice.get(f"/my/hours/appeals/{appeal.uuid}/").content.decode()
    assert "情况属实" in told
    assert f"第 {entry.number} 号记录" in told


def test_the_pages_speak_english_too(court: Court) -> None:
    appeal = proposed(court)
    vera = page_of(court.vera)
    vera.post("/i18n/setlang/", {"language": "en", "next": "/"})

    page = vera.get(address(appeal)).content.decode()

    assert "What the institution proposes" in page
    assert "Count the time: 4 min" in page
    assert "Appeals" in vera.get("/manage/appeals/").content.decode()


def test_a_visitor_is_asked_to_log_in(court: Court, client: Client) -> None:
    appeal = proposed(court)
    paths = (f"/my/hours/refusals/{appeal.refusal_id}/appeal/", f"/my/hours/appeals/{appeal.uuid}/", address(appeal))

    assert [client.get(path).status_code for path in (*paths, "/manage/appeals/")] == [302] * 4
    assert [client.post(address(appeal, step)).status_code for step in ("propose/", "decide/")] == [302] * 2


@pytest.mark.parametrize("who", ["charlie", "bob", "vera"])
def test_nobody_sees_or_makes_the_appeal_of_a_learner_as_their_own(court: Court, who: str) -> None:
    appeal = appealed(court)
    client = page_of(getattr(court, who, None) or getattr(court.world, who))

    assert client.get(f"/my/hours/refusals/{appeal.refusal_id}/appeal/").status_code == 404
    assert client.post(f"/my/hours/refusals/{appeal.refusal_id}/appeal/", {"text": "x"}).status_code == 404
    assert client.get(f"/my/hours/appeals/{appeal.uuid}/").status_code == 404


@pytest.mark.parametrize("who", ["alice", "charlie", "dora", "olga"])
def test_a_stranger_is_told_what_is_told_of_no_appeal(court: Court, who: str) -> None:
    appeal = proposed(court)
    client = page_of(getattr(court, who, None) or getattr(court.world, who))

    assert client.get(address(appeal)).status_code == 404
    assert client.post(address(appeal, "propose/"), {}).status_code == 404
    assert client.post(address(appeal, "decide/"), {}).status_code == 404


@pytest.mark.parametrize(
    ("who", "status", "seen"), [("bob", 200, 1), ("vera", 200, 1), ("wen", 200, 1), ("ming", 200, 1)]
)
def test_judges_see_the_list(court: Court, who: str, status: int, seen: int) -> None:
    appealed(court)

    page = page_of(getattr(court, who, None) or getattr(court.world, who)).get("/manage/appeals/")

    assert (page.status_code, len(page.context["appeals"])) == (status, seen)


def test_other_judges_see_an_empty_list_and_learners_none(court: Court) -> None:
    appealed(court)

    for stranger in (court.dora, court.olga):
        assert page_of(stranger).get("/manage/appeals/").context["appeals"] == []
    assert page_of(court.world.alice).get("/manage/appeals/").status_code == 403


def test_only_whoever_may_take_the_step_is_offered_it(court: Court) -> None:
    appeal = appealed(court)
    offered = {
        name: page_of(person).get(address(appeal)).context.get("proposing") is not None
        for name, person in (("bob", court.world.bob), ("vera", court.vera))
    }
    assert offered == {"bob": True, "vera": False}

    proposed(court, appeal)
    offered = {
        name: page_of(person).get(address(appeal)).context.get("deciding") is not None
        for name, person in (("bob", court.world.bob), ("vera", court.vera), ("ming", court.ming))
    }
    assert offered == {"bob": False, "vera": True, "ming": False}


def test_one_who_once_worked_there_cannot_send_a_decision_either(court: Court) -> None:
    appeal = proposed(court)

    sent = page_of(court.ming).post(
        address(appeal, "decide/"), {"proposal": appeal.proposal, "verb": "accept", "reason": "x"}
    )

    assert sent.status_code == 403
    assert not Entry.objects.filter(sort=EntrySort.CORRECTION).exists()


def test_a_refused_proposal_is_the_page_again_with_its_reasons(court: Court) -> None:
    appeal, bob = appealed(court), page_of(court.world.bob)

    page = bob.post(address(appeal, "propose/"), proposal(bob, appeal, minutes=5))

    assert page.status_code == 422
    assert "超过了未计入的时长" in page.content.decode()
    assert "所选时段比要计入的时间短" in page.content.decode()


def test_a_stretch_that_was_not_offered_is_no_choice(court: Court) -> None:
    appeal, bob = appealed(court), page_of(court.world.bob)

    for stretch in ("0-1", "x", "1-"):
        page = bob.post(address(appeal, "propose/"), proposal(bob, appeal, stretch=stretch))
        assert page.status_code == 422
    assert Appeal.objects.get().state == "open"


def test_where_nothing_is_free_only_the_other_verdict_is_offered(court: Court) -> None:
    appeal = appealed(court)
    twin = Refusal.objects.get()
    twin.pk = None
    twin.save()
    decided(court, proposed(court, appealed(court, refusal=twin)))

    page = page_of(court.world.bob).get(address(appeal))

    assert [value for value, _label in page.context["proposing"].fields["verdict"].choices] == ["reject"]
    assert "已没有可计入的余地" in page.content.decode()


def test_a_decision_on_an_older_proposal_leads_back_to_the_newer_one(court: Court) -> None:
    first = proposed(court).proposal
    appeal = Appeal.objects.get()
    decided(court, appeal, verb="return")
    proposed(court, appeal, ms=1_000)

    page = page_of(court.vera).post(
        address(appeal, "decide/"), {"proposal": first, "verb": "accept", "reason": "x"}, follow=True
    )

    assert "培训机构已提交新的意见" in page.content.decode()
    assert Appeal.objects.get().state == "proposed"


def test_voided_credit_has_its_own_way_to_an_appeal(court: Court) -> None:
    void, alice = voided_minute(court), page_of(court.world.alice)
    path = f"/my/hours/entries/{void.uuid}/appeal/"
    assert f'href="{path}"' in alice.get("/my/hours/").content.decode()

    refusal = Refusal.objects.get(code="check_unanswered")
    assert alice.get(f"/my/hours/refusals/{refusal.pk}/appeal/")["Location"] == path

    form = alice.get(path).context["form"]
    alice.post(path, {"uuid": form["uuid"].value(), "text": "我在"})
    appeal, bob = Appeal.objects.get(), page_of(court.world.bob)
    said = proposal(bob, appeal)

    assert "stretch" not in said
    assert bob.post(address(appeal, "propose/"), said).status_code == 302
    assert Appeal.objects.get().proposed_ms == 60_000


def test_an_entry_that_took_nothing_has_no_such_page(court: Court) -> None:
    refused_gap(court)
    entry = Entry.objects.filter(sort=EntrySort.CREDIT).get()
    alice = page_of(court.world.alice)

    assert alice.get(f"/my/hours/entries/{entry.uuid}/appeal/").status_code == 404
    assert alice.get(f"/my/hours/entries/{uuid.uuid4()}/appeal/").status_code == 404
    assert alice.get(f"/my/hours/refusals/{10**30}/appeal/").status_code == 404


def test_an_appeal_that_was_made_is_shown_instead_of_the_form(court: Court) -> None:
    appeal = appealed(court)

    page = page_of(court.world.alice).get(f"/my/hours/refusals/{appeal.refusal_id}/appeal/")

    assert (page.status_code, page["Location"]) == (302, f"/my/hours/appeals/{appeal.uuid}/")


def test_an_empty_appeal_is_the_form_again(court: Court) -> None:
    refusal, alice = refused_gap(court), page_of(court.world.alice)

    page = alice.post(f"/my/hours/refusals/{refusal.pk}/appeal/", {"uuid": uuid.uuid4(), "text": "  "})

    assert page.status_code == 422
    assert not Appeal.objects.exists()
