"""The pages of appeals: the learner's own, the list of those to be judged, and one of them with what may be done."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lms.accounts.models import User
from lms.enrollments.models import spoken
from lms.hours.actions.appeals import AppealRefused, decide, make_appeal, propose
from lms.hours.forms.appeals import AppealForm, DecisionForm, ProposalForm
from lms.hours.models import Appeal, AppealState, Entry, Refusal, Verdict
from lms.hours.queries.appeals import (
    Subject,
    appeal_against,
    appeal_for,
    appeals_against,
    appeals_for,
    is_appealable,
    may_decide,
    may_propose,
    offer_for,
    own_appeal,
    own_refusal,
    own_void,
    subject_of,
    subject_of_refusal,
    subject_of_void,
    void_behind,
)
from lms.hours.study_texts import refusal_text
from lms.hours.views.deciding import found_or_404, judged_list, stepped


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def appeal_refusal(request: HttpRequest, refusal: int) -> HttpResponse:
    """Appeal against time that was refused; time that was credited and taken back has its entry for that."""
    found = found_or_404(own_refusal, request.user, refusal)  # type: ignore[arg-type]
    if (void := void_behind(found)) is not None:
        return redirect("appeal_entry", void.uuid)
    return _appeal_against(request, subject_of_refusal(found), refusal=found)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def appeal_entry(request: HttpRequest, entry: UUID) -> HttpResponse:
    """Appeal against credit that was taken back."""
    found = found_or_404(own_void, request.user, entry)  # type: ignore[arg-type]
    return _appeal_against(request, subject_of_void(found), entry=found)


@login_required
@never_cache
@require_GET
def my_appeal(request: HttpRequest, appeal: UUID) -> HttpResponse:
    """The learner's own appeal and how far it is."""
    found = found_or_404(own_appeal, request.user, appeal)  # type: ignore[arg-type]
    return render(request, "hours/appeal.html", _appeal_context(found, is_own=True))


@login_required
@never_cache
@require_GET
def appeals(request: HttpRequest) -> HttpResponse:
    """Appeals that the viewer's institutions or authority have to judge."""
    return judged_list(request, "hours/appeals.html", "appeals", appeals_for(request.user), _list_row)


@login_required
@never_cache
@require_GET
def appeal(request: HttpRequest, appeal: UUID) -> HttpResponse:
    """One appeal, with the form for whoever may take the next step."""
    return _judged_page(request, found_or_404(appeal_for, request.user, appeal))


@login_required
@require_POST
def propose_correction(request: HttpRequest, appeal: UUID) -> HttpResponse:
    """The institution's proposal; refused, it is the page again with the reasons."""
    found = found_or_404(appeal_for, request.user, appeal)
    form = ProposalForm(request.POST, offer=offer_for(found))

    def step() -> object:
        return propose(by=request.user, at=datetime.now(UTC), appeal=found, **form.proposal())  # type: ignore[arg-type]

    sent = stepped(request, form, step, _("The proposal was sent to the authority."), "appeal", found.uuid)
    return sent or _judged_page(request, found_or_404(appeal_for, request.user, appeal), proposing=form, status=422)


@login_required
@require_POST
def decide_appeal(request: HttpRequest, appeal: UUID) -> HttpResponse:
    """The second person's decision; refused, it is the page again with the reasons."""
    found = found_or_404(appeal_for, request.user, appeal)
    form = DecisionForm(request.POST, proposal=found.proposal, gives=found.verdict == Verdict.ACCEPT)

    def step() -> object:
        return decide(by=request.user, at=datetime.now(UTC), appeal=found, **form.cleaned_data)  # type: ignore[arg-type]

    sent = stepped(request, form, step, _("The decision was entered."), "appeal", found.uuid)
    return sent or _judged_page(request, found_or_404(appeal_for, request.user, appeal), deciding=form, status=422)


def appeal_links(learner: User, refusals: Iterable[Refusal], entries: Iterable[Entry]) -> dict[Any, dict[str, Any]]:
    """Where each refusal and each voiding entry leads: to its appeal with the state, or to making one."""
    refused, voided = list(refusals), [each for each in entries if is_appealable(each)]
    made = appeals_against(learner, [each.pk for each in refused], [each.pk for each in voided])
    links: dict[Any, dict[str, Any]] = {
        each: {"url": reverse("appeal_refusal", args=[each.pk]), "state": None} for each in refused
    }
    links |= {each: {"url": reverse("appeal_entry", args=[each.uuid]), "state": None} for each in voided}
    by_key = {(type(each), each.pk): each for each in links}
    for each in made:
        against = by_key[(Refusal, each.refusal_id) if each.refusal_id else (Entry, each.entry_id)]
        links[against] = {"url": reverse("my_appeal", args=[each.uuid]), **_state(each)}
    return links


def _appeal_against(
    request: HttpRequest, subject: Subject, refusal: Refusal | None = None, entry: Entry | None = None
) -> HttpResponse:
    made = appeal_against(refusal, entry)
    form = AppealForm(request.POST or None)
    if made is not None and request.method == "GET":
        return redirect("my_appeal", made.uuid)
    if request.method == "POST" and form.is_valid():
        said = {key: form.cleaned_data[key] for key in ("uuid", "text")}
        at = datetime.now(UTC)
        try:
            made = make_appeal(by=request.user, at=at, refusal=refusal, entry=entry, **said)  # type: ignore[arg-type]
        except AppealRefused as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("Your appeal was sent to your institution."))
            return redirect("my_appeal", made.uuid)
    context = {"subject": _subject_row(subject), "form": form, "is_own": True, "way": _way(None)}
    return render(request, "hours/appeal.html", context, status=422 if form.errors else 200)


def _judged_page(
    request: HttpRequest,
    found: Appeal,
    proposing: ProposalForm | None = None,
    deciding: DecisionForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = _appeal_context(found, is_own=False)
    context["propose_url"] = reverse("propose_correction", args=[found.uuid])
    context["decide_url"] = reverse("decide_appeal", args=[found.uuid])
    if found.state == AppealState.OPEN and may_propose(request.user, found):
        context["proposing"] = proposing or ProposalForm(offer=offer_for(found))
    elif found.state == AppealState.PROPOSED and may_decide(request.user, found):
        gives = found.verdict == Verdict.ACCEPT
        context["deciding"] = deciding or DecisionForm(proposal=found.proposal, gives=gives)
    return render(request, "hours/appeal.html", context, status=status)


def _appeal_context(found: Appeal, *, is_own: bool) -> dict[str, Any]:
    training_class = found.enrollment.training_class
    return {
        "appeal": {
            "text": found.text,
            "appealed_at": found.appealed_at,
            "learner": str(found.learner),
            **_state(found),
        },
        "subject": _subject_row(subject_of(found)),
        "class_title": training_class.title,
        "institution": spoken(training_class.institution.name_zh, training_class.institution.name_en),
        "proposal": _proposal_row(found) if found.proposed_at is not None else None,
        "decision": _decision_row(found) if found.decided_at is not None else None,
        "returned_reason": found.returned_reason,
        "way": _way(found),
        "is_own": is_own,
    }


def _way(found: Appeal | None) -> list[dict[str, Any]]:
    """The three steps of an appeal, each done, waited for now, or still to come; None: it is being written."""
    steps = (
        (_("The learner appeals"), found and found.appealed_at),
        (_("The institution proposes"), found and found.state != AppealState.OPEN and found.proposed_at),
        (_("Somebody outside it decides"), found and found.decided_at),
    )
    done = [bool(at) for _label, at in steps]
    return [
        {"label": label, "at": at or None, "state": "done" if at else "now" if all(done[:index]) else "todo"}
        for index, (label, at) in enumerate(steps)
    ]


def _subject_row(subject: Subject) -> dict[str, Any]:
    return {
        "at": subject.at,
        "ms": subject.claim.ms,
        "code": subject.code,
        "label": _("Taken back") if subject.code == "voided" else refusal_text(subject.code),
        "title": subject.title,
        "is_lesson": subject.version is not None,
        "reason": subject.reason,
        "module": subject.module.name,
    }


def _proposal_row(found: Appeal) -> dict[str, Any]:
    return {
        "at": found.proposed_at,
        "by": str(found.proposed_by),
        "label": Verdict(found.verdict).label,
        "gives": found.verdict == Verdict.ACCEPT,
        "ms": found.proposed_ms,
        "from": found.from_at,
        "to": found.to_at,
        "reason": found.proposed_reason,
    }


def _decision_row(found: Appeal) -> dict[str, Any]:
    return {
        "at": found.decided_at,
        "by": str(found.decided_by),
        "reason": found.decided_reason,
        "entry": found.correction.number if found.correction is not None else None,
    }


def _list_row(found: Appeal) -> dict[str, Any]:
    subject = subject_of(found)
    return {
        "learner": str(found.learner),
        "class_title": found.enrollment.training_class.title,
        "title": subject.title,
        "ms": subject.claim.ms,
        "appealed_at": found.appealed_at,
        "url": reverse("appeal", args=[found.uuid]),
        **_state(found),
    }


def _state(found: Appeal) -> dict[str, Any]:
    return {"state": found.state, "label": AppealState(found.state).label}
