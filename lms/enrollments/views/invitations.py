"""Staff invite people into a class, and answer who asks to join."""

from typing import Any
from uuid import UUID

import segno
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lms.accounts.queries import masked_identity
from lms.enrollments import actions
from lms.enrollments.actions import EnrollmentRefused, InvitationRefused, JoinRefused, UuidTaken
from lms.enrollments.forms.joining import InviteForm, RefuseForm
from lms.enrollments.models import Invitation, JoinRequest
from lms.enrollments.queries.joining import (
    InvitationNotFound,
    RequestNotFound,
    door_of,
    invitation_for,
    invitations_of,
    request_for,
    requests_of,
)
from lms.enrollments.texts import enrollment_text, join_text
from lms.enrollments.views.places import now, own_class_or_404, viewer_of
from lms.enrollments.views.planning import class_head

PER_PAGE = 50


@sensitive_variables("code", "made")
@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def invitations(request: HttpRequest, training_class: UUID) -> HttpResponse:
    """The invitations of a class; a new one shows its link and QR code in this answer, and never again."""
    group = own_class_or_404(request, training_class)
    form = InviteForm(request.POST or None)
    link = None
    if request.method == "POST" and form.is_valid():
        at = now()
        try:
            _made, code = actions.invite(
                by=viewer_of(request),
                at=at,
                uuid=form.cleaned_data["uuid"],
                training_class=group,
                uses_max=form.cleaned_data["uses_max"],
                expires_at=form.expires_at(at),
            )
        except InvitationRefused as refused:
            for each in refused.codes:
                form.add_error(None, join_text(each))
        except EnrollmentRefused as refused:
            form.add_error(None, enrollment_text(refused.code))
        except UuidTaken:
            form.add_error(None, _("This form was used for another class. Open it anew."))
        else:
            if code is None:
                messages.warning(request, _("This link was shown already. Make another one if it was lost."))
                return redirect("invitations", group.uuid)
            link = request.build_absolute_uri(reverse("join", args=[code]))
            form = InviteForm()
    page = Paginator(invitations_of(request.user, group), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "training_class": class_head(group),
        "form": form,
        "link": link,
        "qr": qr(link) if link else None,
        "invitations": [_invitation_row(each) for each in page.object_list],
        "page": page,
    }
    return render(request, "enrollments/invitations.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def revoke_invitation(request: HttpRequest, training_class: UUID, invitation: UUID) -> HttpResponse:
    try:
        found = invitation_for(request.user, training_class, invitation)
    except InvitationNotFound:
        raise Http404 from None
    actions.revoke_invitation(by=request.user, at=now(), invitation=found)
    messages.success(request, _("Nobody comes in by this invitation any more."))
    return redirect("invitations", training_class)


@login_required
@never_cache
@require_GET
def join_requests(request: HttpRequest, training_class: UUID) -> HttpResponse:
    """Who waits for an answer, and whether the class is open to requests without an invitation."""
    group = own_class_or_404(request, training_class)
    page = Paginator(requests_of(request.user, group), PER_PAGE).get_page(request.GET.get("page"))
    link = request.build_absolute_uri(reverse("join_class", args=[group.uuid]))
    context = {
        "training_class": class_head(group),
        "requests": [_request_row(each) for each in page.object_list],
        "page": page,
        "is_open": group.is_open,
        "link": link if group.is_open else None,
        "qr": qr(link) if group.is_open else None,
        "open_url": reverse("open_class", args=[group.uuid]),
    }
    return render(request, "enrollments/join_requests.html", context)


@login_required
@require_POST
def decide_join(request: HttpRequest, training_class: UUID, join_request: UUID) -> HttpResponse:
    """`answer` is approve or refuse; a refusal needs its `reason`."""
    try:
        found = request_for(request.user, training_class, join_request)
    except RequestNotFound:
        raise Http404 from None
    name = str(found.learner)
    try:
        if request.POST.get("answer") == "approve":
            actions.approve_join(by=viewer_of(request), at=now(), request=found)
            messages.success(request, _("Added: %(name)s") % {"name": name})
        else:
            reason = request.POST.get("reason", "")
            actions.refuse_join(by=viewer_of(request), at=now(), request=found, reason=reason)
            messages.success(request, _("Refused: %(name)s") % {"name": name})
    except JoinRefused as refused:
        messages.error(request, f"{name}: {join_text(refused.code)}")
    except EnrollmentRefused as refused:
        messages.error(request, f"{name}: {enrollment_text(refused.code)}")
    return redirect("join_requests", training_class)


def qr(link: str) -> SafeString:
    """The link as a drawing; attributes only, for the content policy refuses styles."""
    drawing = segno.make(link, micro=False, error="m")
    return mark_safe(drawing.svg_inline(omitsize=True, svgclass="qr-code", lineclass=None, border=2))


def _invitation_row(invitation: Invitation) -> dict[str, Any]:
    closed = door_of(invitation, now())
    return {
        "made_at": invitation.made_at,
        "made_by": invitation.made_by,
        "uses": invitation.uses,
        "uses_max": invitation.uses_max,
        "expires_at": invitation.expires_at,
        "is_open": not closed,
        "label": {
            "": _("Open"),
            "revoked": _("Revoked"),
            "expired": _("Expired"),
            "used_up": _("Used up"),
        }[closed],
        "revoke_url": reverse("revoke_invitation", args=[invitation.training_class.uuid, invitation.uuid])
        if not closed
        else None,
    }


def _request_row(asked: JoinRequest) -> dict[str, Any]:
    return {
        "name": asked.learner,
        "identity": masked_identity(asked.learner),
        "is_verified": asked.learner.identity_verified_at is not None,
        "asked_at": asked.asked_at,
        "is_invited": asked.invitation_id is not None,
        "decide_url": reverse("decide_join", args=[asked.training_class.uuid, asked.uuid]),
        "form": RefuseForm(auto_id=f"id_{asked.uuid}_%s"),
    }
