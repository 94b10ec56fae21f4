"""Who sees which page, what stands on it, and the PDF that is really set."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import typst
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from redis.exceptions import ConnectionError as RedisGone

from lms import printing
from lms.oversight.actions.documents import issue_document, revoke_document
from lms.oversight.models import Document, Revocation
from lms.oversight.views import papers as paper_views
from lms.paper_codes import grouped
from tests.integration.exams.builders import NOON
from tests.integration.oversight.papers_world import Papers, classmates, complete, lose, make_papers

PEOPLE = ("nobody", "alice", "charlie", "bob", "dora", "vera", "wang", "edda", "root")


@pytest.fixture
def papers(db: None) -> Papers:
    return make_papers()


@pytest.fixture
def document(papers: Papers) -> Document:
    complete(papers.ground)
    return issue_document(by=papers.ground.alice, at=NOON, enrollment=papers.ground.enrollment, kind="certificate")


def client_of(papers: Papers, name: str) -> Client:
    client = Client()
    if name != "nobody":
        client.force_login(getattr(papers, name, None) or getattr(papers.ground, name))
    return client


TO_LOG_IN = 302
# By page: what nobody, Alice, Charlie, Bob, Dora, Vera, Wang, Edda and the administrator are answered.
READS: dict[str, tuple[Callable[[Papers, Document], str], tuple[int, ...]]] = {
    "my_documents": (lambda p, d: "/my/documents/", (302, 200, 200, 200, 200, 200, 200, 200, 200)),
    "document": (lambda p, d: f"/documents/{d.uuid}/", (302, 200, 404, 200, 404, 200, 404, 404, 200)),
    "document_pdf": (lambda p, d: f"/documents/{d.uuid}/document.pdf", (302, 200, 404, 200, 404, 200, 404, 404, 200)),
    "documents": (lambda p, d: "/manage/documents/", (302, 403, 403, 403, 403, 200, 200, 403, 200)),
    "class_documents": (
        lambda p, d: f"/manage/classes/{p.ground.training_class.uuid}/documents/",
        (302, 404, 404, 200, 404, 200, 404, 404, 200),
    ),
    "ledgers": (lambda p, d: "/manage/ledgers/", (302, 403, 403, 200, 200, 200, 200, 403, 200)),
    "ledger_file": (
        lambda p, d: f"/manage/ledgers/training-ledger.xlsx?class={p.ground.training_class.uuid}",
        (302, 403, 403, 200, 404, 200, 404, 403, 200),
    ),
    "verify": (lambda p, d: "/verify/", (200,) * 9),
    "verify_document": (lambda p, d: f"/verify/{grouped(d.code)}/", (200,) * 9),
}
WRITES: dict[str, tuple[Callable[[Papers, Document], str], tuple[int, ...]]] = {
    "issue_my_document": (
        lambda p, d: f"/my/documents/{p.ground.enrollment.uuid}/certificate/issue/",
        (302, 302, 404, 404, 404, 404, 404, 404, 404),
    ),
    "issue_class_documents": (
        lambda p, d: f"/manage/classes/{p.ground.training_class.uuid}/documents/issue/",
        (302, 404, 404, 302, 404, 403, 404, 404, 403),
    ),
    "document": (lambda p, d: f"/documents/{d.uuid}/", (302, 403, 404, 403, 404, 302, 404, 404, 403)),
    "reissue_document": (
        lambda p, d: f"/documents/{d.uuid}/reissue/",
        (302, 403, 404, 403, 404, 302, 404, 404, 403),
    ),
}


@pytest.mark.parametrize("name", READS)
def test_a_page_answers_by_role_and_place(
    papers: Papers, document: Document, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paper_views, "pdf_of", lambda *args, **kwargs: b"%PDF")
    address, expected = READS[name]

    found = tuple(client_of(papers, who).get(address(papers, document)).status_code for who in PEOPLE)

    assert dict(zip(PEOPLE, found, strict=True)) == dict(zip(PEOPLE, expected, strict=True))


@pytest.mark.parametrize("name", WRITES)
def test_a_write_is_let_by_role_and_place(papers: Papers, document: Document, name: str) -> None:
    address, expected = WRITES[name]

    found = tuple(
        client_of(papers, who).post(address(papers, document), {"reason": "test"}).status_code for who in PEOPLE
    )

    assert dict(zip(PEOPLE, found, strict=True)) == dict(zip(PEOPLE, expected, strict=True))


@pytest.mark.parametrize(
    "path",
    [
        "/documents/{0}/",
        "/documents/{0}/document.pdf",
        "/manage/classes/{0}/documents/",
        "/manage/ledgers/training-ledger.xlsx?class={0}",
        "/manage/ledgers/training-ledger.xlsx?class=nonsense",
    ],
)
def test_absent_looks_like_hidden(papers: Papers, path: str) -> None:
    assert client_of(papers, "bob").get(path.format(uuid4())).status_code == 404


def test_the_learner_reads_what_is_missing_and_a_refusal_says_the_same(papers: Papers) -> None:
    client = client_of(papers, "alice")

    page = client.get("/my/documents/")
    refused = client.post(f"/my/documents/{papers.ground.enrollment.uuid}/certificate/issue/")

    assert refused.status_code == 409
    assert page.context["standings"][0]["reasons"] == [
        "理论：网络还缺 1 学时（0 / 1）",
        "实操：实操还缺 2 学时（0 / 2）",
    ]
    assert refused.context["standings"][0]["reasons"] == page.context["standings"][0]["reasons"]
    assert page.context["standings"][0]["issue"] == []
    assert Document.objects.count() == 0


def test_the_learner_has_it_issued_from_the_page(papers: Papers) -> None:
    complete(papers.ground)
    client = client_of(papers, "alice")
    offered = client.get("/my/documents/").context["standings"][0]["issue"]

    done = client.post(offered[0]["url"], follow=True)

    document = Document.objects.get()
    assert document.number in done.content.decode()
    assert f"/documents/{document.uuid}/document.pdf" in done.content.decode()


def test_staff_see_who_is_ready_and_who_is_missing_what(papers: Papers) -> None:
    ground = papers.ground
    complete(ground)
    classmates(ground, 2)
    address = f"/manage/classes/{ground.training_class.uuid}/documents/"
    client = client_of(papers, "bob")

    before = client.get(address)
    client.post(f"{address}issue/")
    after = client.get(f"{address}?show=missing")

    assert before.context["counts"] == {"all": 3, "ready": 1, "missing": 2, "issued": 0}
    assert after.context["counts"] == {"all": 3, "ready": 0, "missing": 2, "issued": 1}
    assert [row["name"] for row in after.context["page"]] == ["Mate0", "Mate1"]


def queries_of(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_the_pages_cost_the_same_for_two_learners_and_for_twelve(papers: Papers) -> None:
    ground = papers.ground
    pages = {
        "bob": [f"/manage/classes/{ground.training_class.uuid}/documents/", "/manage/ledgers/"],
        "vera": ["/manage/documents/"],
    }
    first = classmates(ground, 1)[0]
    complete(ground, first)
    issue_document(by=ground.bob, at=NOON, enrollment=first, kind="certificate")
    small = [queries_of(client_of(papers, who), each) for who, all_of in pages.items() for each in all_of]

    for number, each in enumerate(classmates(ground, 10, first=10)):
        complete(ground, each)
        if number % 2:
            issue_document(by=ground.bob, at=NOON, enrollment=each, kind="certificate")

    large = [queries_of(client_of(papers, who), each) for who, all_of in pages.items() for each in all_of]
    assert large == small
    assert max(large) <= 24


def test_the_authority_issues_a_revoked_document_anew_from_its_page(papers: Papers, document: Document) -> None:
    revoke_document(by=papers.ground.vera, at=NOON, document=document, reason="姓名有误")
    client = client_of(papers, "vera")
    address = f"/documents/{document.uuid}/"
    offered = client.get(address).context["may_reissue"]

    done = client.post(f"{address}reissue/", follow=True)

    assert offered is True
    assert done.context["document"]["number"] == "2026-99-000002"
    assert client.get(address).context["successor"]["number"] == "2026-99-000002"
    assert client_of(papers, "bob").get(address).context["may_reissue"] is False


def test_a_document_says_what_it_is_and_the_authority_revokes_it_with_a_reason(
    papers: Papers, document: Document
) -> None:
    client = client_of(papers, "vera")
    address = f"/documents/{document.uuid}/"

    page = client.get(address)
    refused = client.post(address, {"reason": " "})
    done = client.post(address, {"reason": "学时造假"}, follow=True)

    assert page.context["document"]["digest_holds"] is True
    assert client_of(papers, "bob").get(address).context["form"] is None
    assert (refused.status_code, done.status_code) == (400, 200)
    assert Revocation.objects.get().reason == "学时造假"
    assert "学时造假" in done.content.decode()
    assert done.context["form"] is None


# What a stranger sees.


def test_a_stranger_sees_little_and_no_identity_number(papers: Papers, document: Document) -> None:
    answer = Client().get(f"/verify/{grouped(document.code)}/")

    page = answer.content.decode()
    assert answer.context["document"]["state"] == "valid"
    assert "A**" in page and "有效" in page and document.digest in page
    for private in ("Alice", document.snapshot["identity"], "第一期", "example.test/"):
        assert private not in page
    assert answer["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert 'content="noindex, nofollow"' in page
    assert "no-store" in answer["Cache-Control"]


def test_hours_that_were_voided_later_are_told(papers: Papers, document: Document) -> None:
    lose(papers.ground)

    answer = Client().get(f"/verify/{document.code}/")

    assert answer.context["document"]["state"] == "uncovered"
    assert "学时已变更" in answer.content.decode()


def test_a_revocation_is_told_and_its_reason_is_not(papers: Papers, document: Document) -> None:
    revoke_document(by=papers.ground.vera, at=NOON, document=document, reason="学时造假")

    page = Client().get(f"/verify/{document.code}/").content.decode()

    assert "已撤销" in page
    assert "学时造假" not in page


def test_a_forged_code_is_unknown(papers: Papers, document: Document) -> None:
    forged = ("B" if document.code[0] == "A" else "A") + document.code[1:]

    for text in (forged, "2026-99-000002", "nonsense"):
        answer = Client().get(f"/verify/{text}/")
        assert answer.status_code == 404
        assert "查无此证" in answer.content.decode()
        assert answer["X-Robots-Tag"] == "noindex, nofollow, noarchive"


@pytest.mark.parametrize("by", ["code", "number"])
def test_the_form_leads_to_the_same_page(papers: Papers, document: Document, by: str) -> None:
    typed = document.number if by == "number" else f" {grouped(document.code).lower()} "

    answer = Client().get("/verify/", {"q": typed}, follow=True)

    assert (answer.status_code, answer.context["document"]["number"]) == (200, "2026-99-000001")


def test_a_look_costs_few_queries(papers: Papers, document: Document) -> None:
    assert queries_of(Client(), f"/verify/{document.code}/") <= 4


def test_one_address_is_stopped_after_a_while_and_another_is_not(
    papers: Papers, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lms.accounts.guard.time.time", lambda: 1_000_000_000.0)
    address = f"/verify/{document.code}/"

    codes = [Client(REMOTE_ADDR="192.0.2.1").get(address).status_code for _ in range(61)]
    numbers = [Client(REMOTE_ADDR="192.0.2.2").get("/verify/2026-99-000001/").status_code for _ in range(11)]

    assert codes == [200] * 60 + [429]
    assert numbers == [200] * 10 + [429]
    assert Client(REMOTE_ADDR="192.0.2.3").get(address).status_code == 200


def test_addresses_of_one_customer_count_together(
    papers: Papers, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lms.accounts.guard.time.time", lambda: 1_000_000_000.0)

    found = [
        Client(REMOTE_ADDR=f"2001:db8::{place}").get("/verify/2026-99-000001/").status_code for place in range(1, 12)
    ]

    assert found == [200] * 10 + [429]


def test_without_the_counter_a_code_is_answered_and_a_number_is_not(
    papers: Papers, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*args: object, **kwargs: object) -> None:
        raise RedisGone("no counter")

    monkeypatch.setattr(cache, "add", gone)

    assert Client().get(f"/verify/{document.code}/").status_code == 200
    assert Client().get(f"/verify/{document.number}/").status_code == 429


# The paper itself.


def test_the_pdf_is_an_archive_copy_of_one_page_that_names_itself(papers: Papers, document: Document) -> None:
    answer = client_of(papers, "alice").get(f"/documents/{document.uuid}/document.pdf")

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer["Content-Disposition"] == 'inline; filename="2026-99-000001.pdf"'
    assert answer.content.startswith(b"%PDF-")
    assert "按大纲培训合格证明 2026-99-000001".encode() in answer.content
    assert b"<pdfaid:part>2</pdfaid:part>" in answer.content
    assert b"<xmpTPg:NPages>1</xmpTPg:NPages>" in answer.content


def test_the_same_row_gives_the_same_bytes_until_it_is_revoked(papers: Papers, document: Document) -> None:
    def printed() -> str:
        return hashlib.sha256(paper_views.printed_document(Document.objects.get())).hexdigest()

    before = printed()
    assert printed() == before

    revoke_document(by=papers.ground.vera, at=NOON, document=document, reason="test")
    assert printed() != before


def test_the_paper_is_given_what_was_issued_and_the_address_of_its_verification(
    papers: Papers, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {}

    def keep(layout: Path, data: dict[str, Any], **more: Any) -> bytes:
        given.update(data, layout=layout, **more)
        return b"%PDF"

    monkeypatch.setattr(paper_views, "pdf_of", keep)
    paper_views.printed_document(document)

    assert (given["layout"].name, given["name"], given["number"]) == ("certificate.typ", "Alice", "2026-99-000001")
    assert given["address"] == f"http://127.0.0.1:8000/verify/{grouped(document.code)}/"
    assert given["digest"] == document.digest
    assert [(each["zh"], each["confirmed"], each["required"]) for each in given["kinds"]] == [
        ("网络", "1", "1"),
        ("实操", "2", "2"),
    ]


def test_a_name_that_is_a_program_is_printed_as_a_name() -> None:
    from tests.unit.oversight.test_papers import paper

    for layout in ("certificate", "record_card"):
        data = {**paper(), "name": '#panic("x") ] $ \\ "', "class_title": '#import "/etc/passwd" `', "teachers": "#x["}
        assert printing.pdf_of(
            paper_views.TYPESETTING / f"{layout}.typ", data, address="https://example.test/", at=NOON
        ).startswith(b"%PDF-")


def test_a_machine_without_a_chinese_font_says_which_package_is_missing(
    papers: Papers, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing, "fonts", lambda: typst.Fonts(include_system_fonts=False))

    answer = client_of(papers, "alice").get(f"/documents/{document.uuid}/document.pdf")

    assert answer.status_code == 503
    assert "fonts-noto-cjk" in answer.content.decode()
