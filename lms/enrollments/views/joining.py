"""A learner opens an invitation or the link of an open class, and asks to join; staff answers.

Who is not registered yet may sign up here, and only here, with an open invitation. What is refused is refused in one
voice: a wrong code, an expired one and one that is used up look alike.
"""

from typing import Any
from uuid import UUID

from allauth.core import ratelimit
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods

from lms.accounts.actions import PersonRefused
from lms.accounts.models import User
from lms.accounts.reasons import reason_text
from lms.enrollments import actions
from lms.enrollments.actions import JoinRefused
from lms.enrollments.forms.joining import SignUpForm, UuidForm
from lms.enrollments.models import Invitation, JoinRequest, JoinState, TrainingClass, spoken
from lms.enrollments.queries import ClassNotFound
from lms.enrollments.queries.joining import (
    InvitationNotFound,
    RequestNotFound,
    invitation_by_code,
    is_in_class,
    latest_request,
    open_class,
    own_request,
)
from lms.enrollments.texts import join_text
from lms.enrollments.views.places import now, viewer_of

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@sensitive_variables("code")
@never_cache
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, code: str) -> HttpResponse:
    """What the invitation is for. Whoever is logged in asks to join; others log in or sign up first."""
    invitation = _invitation(code)
    group = invitation.training_class
    if not isinstance(request.user, User):
        context = {
            "training_class": _class_facts(group),
            "login_url": f"{reverse('account_login')}?{urlencode({'next': request.path})}",
            "sign_up_url": reverse("join_sign_up", args=[code]),
        }
        return render(request, "enrollments/join.html", context)
    return _ask(request, group, invitation)


@sensitive_post_parameters()
@sensitive_variables()
@never_cache
@require_http_methods(["GET", "POST"])
def join_sign_up(request: HttpRequest, code: str) -> HttpResponse:
    """Register with an open invitation; the person is logged in and has asked."""
    invitation = _invitation(code)
    if request.user.is_authenticated:
        return redirect("join", code)
    form = SignUpForm(request.POST or None)
    if request.method == "POST" and not ratelimit.consume(request, action="invited_sign_up"):
        form.add_error(None, _("Too many attempts from here. Wait ten minutes."))
    elif request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            person, asked = actions.sign_up_and_ask(
                at=now(),
                uuid=said["uuid"],
                invitation=invitation,
                real_name=said["name"],
                identity_number=said["identity"],
                phone=said["phone"],
                email=said["email"],
                password=said["password"],
            )
        except PersonRefused as refused:
            for reason in refused.reasons:
                field = {"real_name": "name", "identity_number": "identity"}.get(reason.field, reason.field)
                form.add_error(field if field in form.fields else None, reason_text(reason.code))
        except JoinRefused as refused:
            form.add_error(None, join_text(refused.code))
        else:
            login(request, person, backend=BACKEND)
            return redirect("my_join_request", asked.uuid)
    context = {
        "training_class": _class_facts(invitation.training_class),
        "form": form,
        "join_url": reverse("join", args=[code]),
    }
    return render(request, "enrollments/join_sign_up.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def join_class(request: HttpRequest, training_class: UUID) -> HttpResponse:
    """A class that is open to requests."""
    try:
        group = open_class(training_class, now())
    except ClassNotFound:
        raise Http404 from None
    return _ask(request, group, None)


@login_required
@never_cache
@require_GET
def my_join_request(request: HttpRequest, join_request: UUID) -> HttpResponse:
    """How a request of one's own stands; also after its invitation has closed."""
    try:
        found = own_request(request.user, join_request)
    except RequestNotFound:
        raise Http404 from None
    context = {
        "training_class": _class_facts(found.training_class),
        "asked": _request_facts(found),
    }
    return render(request, "enrollments/my_join_request.html", context)


def _ask(request: HttpRequest, group: TrainingClass, invitation: Invitation | None) -> HttpResponse:
    learner = viewer_of(request)
    form = UuidForm(request.POST or None)
    problem = ""
    if request.method == "POST" and form.is_valid():
        try:
            asked = actions.ask_to_join(
                by=learner,
                at=now(),
                uuid=form.cleaned_data["uuid"],
                training_class=group,
                invitation=invitation,
            )
        except JoinRefused as refused:
            problem = join_text(refused.code)
        else:
            return redirect("my_join_request", asked.uuid)
    latest = latest_request(learner, group)
    context = {
        "training_class": _class_facts(group),
        "form": UuidForm(),
        "problem": problem,
        "is_in_class": is_in_class(learner, group),
        "asked": _request_facts(latest) if latest is not None else None,
        "is_waiting": latest is not None and latest.state == JoinState.ASKED,
    }
    return render(request, "enrollments/join.html", context, status=409 if problem else 200)


def _invitation(code: str) -> Invitation:
    try:
        return invitation_by_code(code, now())
    except InvitationNotFound:
        raise Http404 from None


def _class_facts(group: TrainingClass) -> dict[str, Any]:
    """What an outsider may know of a class: nothing of who is in it."""
    return {
        "title": group.title,
        "syllabus": group.syllabus_version.syllabus.name,
        "institution": spoken(group.institution.name_zh, group.institution.name_en),
        "place": group.place,
        "starts_on": group.starts_on,
        "ends_on": group.ends_on,
    }


def _request_facts(asked: JoinRequest) -> dict[str, Any]:
    return {
        "url": reverse("my_join_request", args=[asked.uuid]),
        "state": asked.state,
        "label": asked.get_state_display(),
        "asked_at": asked.asked_at,
        "decided_at": asked.decided_at,
        "reason": asked.reason,
    }
