"""Staff add one person to a class by hand, hold their card against the record, or take them out."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from lms.accounts.actions import PersonRefused, verify_identity
from lms.accounts.queries import masked_identity
from lms.enrollments import actions
from lms.enrollments.actions import EnrollmentRefused, ParticipantRefused
from lms.enrollments.forms.joining import CardForm, PersonForm
from lms.enrollments.models import Enrollment, EnrollmentState, TrainingClass
from lms.enrollments.queries import roster
from lms.enrollments.texts import enrollment_text
from lms.enrollments.views.places import now, own_class_or_404, viewer_of
from lms.enrollments.views.planning import class_head


@sensitive_post_parameters()
@sensitive_variables()
@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def add_participant(request: HttpRequest, training_class: UUID) -> HttpResponse:
    """A person found by the identity number, or registered with it."""
    group = own_class_or_404(request, training_class)
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            added = actions.add_participant(
                by=viewer_of(request),
                at=now(),
                uuid=said["uuid"],
                training_class=group,
                name=said["name"],
                identity_number=said["identity"],
                phone=said["phone"],
                email=said["email"],
            )
        except ParticipantRefused as refused:
            form.refuse(refused.problems)
        except EnrollmentRefused as refused:
            form.add_error(None, enrollment_text(refused.code))
        else:
            messages.success(request, _("Added: %(name)s") % {"name": added.learner})
            return redirect("class" if "done" in request.POST else "add_participant", group.uuid)
    context = {"training_class": class_head(group), "form": form}
    return render(request, "enrollments/add_participant.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def withdraw_participant(request: HttpRequest, training_class: UUID, enrollment: UUID) -> HttpResponse:
    """Asks once more, then takes the person out; hours that were earned stay."""
    group = own_class_or_404(request, training_class)
    found = _active(request, group, enrollment)
    if request.method == "POST":
        try:
            actions.withdraw_enrollment(by=request.user, at=now(), enrollment=found)
        except EnrollmentRefused as refused:
            messages.error(request, enrollment_text(refused.code))
        else:
            messages.success(request, _("Taken out: %(name)s") % {"name": found.learner})
        return redirect("class", group.uuid)
    context = {
        "training_class": class_head(group),
        "name": found.learner,
        "identity": masked_identity(found.learner),
    }
    return render(request, "enrollments/withdraw_participant.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def verify_participant(request: HttpRequest, training_class: UUID, enrollment: UUID) -> HttpResponse:
    """What is on record, to be compared with the card; a POST with `seen` says that somebody did."""
    group = own_class_or_404(request, training_class)
    found = _active(request, group, enrollment)
    form = CardForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            verify_identity(by=request.user, at=now(), person=found.learner)
        except PersonRefused:
            form.add_error(None, _("There is no identity number on record. An administrator can enter it."))
        else:
            messages.success(request, _("Identity verified: %(name)s") % {"name": found.learner})
            return redirect("class", group.uuid)
    context = {
        "training_class": class_head(group),
        "learner": {
            "name": found.learner,
            "identity": masked_identity(found.learner),
            "is_verified": found.learner.identity_verified_at is not None,
            "verified_at": found.learner.identity_verified_at,
        },
        "form": form,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "enrollments/verify_participant.html", context, status=status)


def _active(request: HttpRequest, group: TrainingClass, uuid: UUID) -> Enrollment:
    found: Enrollment | None = roster(request.user, group).filter(uuid=uuid, state=EnrollmentState.ACTIVE).first()
    if found is None:
        raise Http404
    return found
