"""Pages of documents: a learner's own, those of a class for its staff, and the authority's, which may revoke."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lms.accounts.models import Role
from lms.accounts.queries import masked_identity, roles_of
from lms.enrollments.models import Kind, Module, TrainingClass, spoken
from lms.enrollments.queries import ClassNotFound, class_for
from lms.institutions.queries import staffs, supervises
from lms.oversight.actions.documents import (
    DocumentRefused,
    NotRevoked,
    NotRevoker,
    ReasonMissing,
    issue_document,
    issue_for_class,
    reissue_document,
    revoke_document,
)
from lms.oversight.forms.documents import RevokeForm
from lms.oversight.models import Document, DocumentKind
from lms.oversight.queries.documents import (
    DocumentNotFound,
    Standing,
    digest_holds,
    document_for,
    documents_below,
    earlier_documents_of,
    is_revoked,
    missing_hours_of,
    standing_document,
    standings_in,
    standings_of,
    verified,
)
from lms.oversight.rules.documents import REVOKED, UNCOVERED, VALID, Unmet
from lms.oversight.rules.papers import totals_of
from lms.oversight.texts import documents as texts
from lms.paper_codes import grouped

ROWS_PER_PAGE = 50
REASONS_SHOWN = 4
SHOWN = ("all", "ready", "missing", "issued")
SUPERVISE = frozenset({Role.AUTHORITY.value, Role.ADMINISTRATOR.value})


@login_required
@never_cache
@require_GET
def my_documents(request: HttpRequest) -> HttpResponse:
    """What the learner's classes have given so far, and what is missing."""
    standings = standings_of(request.user)  # type: ignore[arg-type]
    names = _module_names([each for standing in standings for each in standing.unmet])
    earlier = list(earlier_documents_of(request.user))  # type: ignore[arg-type]
    missing = missing_hours_of(earlier)
    context = {
        "standings": [_own_row(each, names) for each in standings],
        "earlier": [_document_row(each, missing[each.pk]) for each in earlier],
    }
    return render(request, "oversight/my_documents.html", context)


@login_required
@require_POST
def issue_mine(request: HttpRequest, enrollment: UUID, kind: str) -> HttpResponse:
    """The learner asks for a document of their own enrollment."""
    own = [each for each in standings_of(request.user) if each.enrollment.uuid == enrollment]  # type: ignore[arg-type]
    if not own or kind not in DocumentKind.values:
        raise Http404
    try:
        issue_document(by=request.user, at=datetime.now(UTC), enrollment=own[0].enrollment, kind=kind)
    except DocumentRefused as refused:
        messages.error(request, _("Not issued: something is still missing."))
        context = {
            "standings": [_own_row(own[0], _module_names(refused.unmet), refused.unmet)],
            "earlier": [],
        }
        return render(request, "oversight/my_documents.html", context, status=409)
    messages.success(request, _("The document was issued."))
    return redirect("my_documents")


@login_required
@never_cache
@require_GET
def class_documents(request: HttpRequest, training_class: UUID) -> HttpResponse:
    """Everybody in a class: who has a document, who may have one, who is missing what."""
    group = _class(request, training_class)
    everybody = standings_in(request.user, group)
    chosen = request.GET.get("show", "all")
    chosen = chosen if chosen in SHOWN else "all"
    by_kind = {name: [each for each in everybody if _is_shown(each, name)] for name in SHOWN}
    page: Any = Paginator(by_kind[chosen], ROWS_PER_PAGE).get_page(request.GET.get("page"))
    names = _module_names([each for standing in page.object_list for each in standing.unmet])
    page.object_list = [_learner_row(each, names) for each in page.object_list]
    context = {
        "training_class": {
            "title": group.title,
            "syllabus": group.syllabus_version.syllabus.name,
            "institution": spoken(group.institution.name_zh, group.institution.name_en),
            "url": reverse("class", args=[group.uuid]),
            "ledger_url": f"{reverse('ledger_file')}?class={group.uuid}",
        },
        "may_issue": staffs(request.user, group.institution),
        "counts": {name: len(rows) for name, rows in by_kind.items()},
        "show": chosen,
        "pager": f"show={chosen}&page",
        "page": page,
    }
    return render(request, "oversight/class_documents.html", context)


@login_required
@require_POST
def issue_class(request: HttpRequest, training_class: UUID) -> HttpResponse:
    """Issue for everybody who has completed."""
    group = _class(request, training_class)
    issued = issue_for_class(by=request.user, at=datetime.now(UTC), training_class=group)
    if issued.count:
        messages.success(
            request, ngettext("%(n)d document issued.", "%(n)d documents issued.", issued.count) % {"n": issued.count}
        )
    else:
        messages.info(request, _("Nobody was ready for a new document."))
    if issued.left:
        messages.warning(request, _("%(n)d more are ready; issue again.") % {"n": issued.left})
    return redirect("class_documents", group.uuid)


@login_required
@never_cache
@require_GET
def documents(request: HttpRequest) -> HttpResponse:
    """All documents of the viewer's regions, to be looked through."""
    if not roles_of(request.user) & SUPERVISE:
        raise PermissionDenied
    text = request.GET.get("q", "")[:60]
    page: Any = Paginator(documents_below(request.user, text), ROWS_PER_PAGE).get_page(request.GET.get("page"))
    missing = missing_hours_of(page.object_list)
    page.object_list = [_document_row(each, missing[each.pk]) for each in page.object_list]
    return render(request, "oversight/documents.html", {"page": page, "q": text})


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def document(request: HttpRequest, document: UUID) -> HttpResponse:
    """One document as it stands; a POST of the authority revokes it."""
    found = _document(request, document)
    form = RevokeForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                revoke_document(
                    by=request.user, at=datetime.now(UTC), document=found, reason=form.cleaned_data["reason"]
                )
            except NotRevoker:
                raise PermissionDenied from None
            except ReasonMissing:
                form.add_error("reason", _("A reason is needed."))
            else:
                messages.success(request, _("The document was revoked."))
                return redirect("document", found.uuid)
        status = 400
    return render(request, "oversight/document.html", _document_page(request, found, form), status=status)


@login_required
@require_POST
def reissue(request: HttpRequest, document: UUID) -> HttpResponse:
    """A new edition of a revoked document, by the authority that may revoke."""
    found = _document(request, document)
    try:
        issued = reissue_document(by=request.user, at=datetime.now(UTC), document=found)
    except NotRevoked:
        messages.error(request, _("This document stands; there is nothing to issue anew."))
    except DocumentRefused as refused:
        text = " ".join(texts.reasons(refused.unmet, _module_names(refused.unmet)))
        messages.error(request, _("Not issued: something is still missing.") + " " + text)
    else:
        messages.success(request, _("The document was issued."))
        return redirect("document", issued.uuid)
    return redirect("document", found.uuid)


def _document_page(request: HttpRequest, found: Document, form: RevokeForm) -> dict[str, Any]:
    checked = verified(found)
    institution = found.enrollment.training_class.institution
    is_above = supervises(request.user, institution.region)
    stands = standing_document(found.enrollment_id, found.kind)
    row = _document_row(found, checked.missing)
    return {
        "document": {
            **row,
            "digest": found.digest,
            "digest_holds": digest_holds(found),
            "code": grouped(found.code),
            "identity": found.snapshot["identity"],
            "totals": [{"label": Kind(each.kind).label, "each": each} for each in totals_of(found.snapshot)],
            "reasons": texts.reasons(checked.missing, _module_names(checked.missing)),
            "issued_by": str(found.issued_by),
            "verify_url": reverse("verify_document", args=[grouped(found.code)]),
        },
        "form": form if is_above and not is_revoked(found) else None,
        "may_reissue": is_above and stands is None,
        "successor": _document_row(stands, checked.missing) if stands is not None and stands.pk != found.pk else None,
    }


def _class(request: HttpRequest, uuid: UUID) -> TrainingClass:
    try:
        return class_for(request.user, uuid)
    except ClassNotFound:
        raise Http404 from None


def _document(request: HttpRequest, uuid: UUID) -> Document:
    try:
        return document_for(request.user, uuid)
    except DocumentNotFound:
        raise Http404 from None


def _is_shown(standing: Standing, name: str) -> bool:
    if name == "issued":
        return any(not is_revoked(each) for each in standing.documents)
    if name == "ready":
        return bool(standing.kinds_to_issue)
    return name == "all" or bool(standing.unmet)


def _own_row(standing: Standing, names: dict[str, str], unmet: Iterable[Unmet] | None = None) -> dict[str, Any]:
    group = standing.enrollment.training_class
    return {
        "syllabus": group.syllabus_version.syllabus.name,
        "class_title": group.title,
        "institution": spoken(group.institution.name_zh, group.institution.name_en),
        "reasons": texts.reasons(standing.unmet if unmet is None else unmet, names),
        "documents": [_document_row(each, standing.missing) for each in standing.documents],
        "issue": [
            {
                "label": DocumentKind(kind).label,
                "url": reverse("issue_my_document", args=[standing.enrollment.uuid, kind]),
            }
            for kind in standing.kinds_to_issue
        ],
    }


def _learner_row(standing: Standing, names: dict[str, str]) -> dict[str, Any]:
    shown = standing.unmet[:REASONS_SHOWN]
    return {
        "name": str(standing.enrollment.learner),
        "identity": masked_identity(standing.enrollment.learner),
        "reasons": texts.reasons(shown, names),
        "more": len(standing.unmet) - len(shown),
        "ready": [DocumentKind(kind).label for kind in standing.kinds_to_issue],
        "documents": [_document_row(each, standing.missing) for each in standing.documents],
    }


def _document_row(found: Document, missing: tuple[Unmet, ...]) -> dict[str, Any]:
    """A document as pages show it; `missing` are the hours that were taken back since."""
    state = REVOKED if is_revoked(found) else UNCOVERED if missing else VALID
    return {
        "kind": found.kind,
        "kind_label": found.get_kind_display(),
        "number": found.number,
        "name": found.snapshot["name"],
        "syllabus": spoken(found.snapshot["syllabus_zh"], found.snapshot["syllabus_en"]),
        "class_title": found.snapshot["class_title"],
        "institution": spoken(found.snapshot["institution_zh"], found.snapshot["institution_en"]),
        "issued_at": found.issued_at,
        "state": state,
        "state_label": texts.STATES[state],
        "revocation": found.revocation if is_revoked(found) else None,
        "url": reverse("document", args=[found.uuid]),
        "pdf_url": reverse("document_pdf", args=[found.uuid]),
    }


def _module_names(unmet: Iterable[Unmet]) -> dict[str, str]:
    uuids = {each.module for each in unmet if each.module}
    return {str(each.uuid): each.name for each in Module.objects.filter(uuid__in=uuids)} if uuids else {}
