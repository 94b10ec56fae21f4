import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import ProgrammingError, transaction

from lms.accounts.models import User
from lms.audit.actions import record
from lms.audit.models import Event
from media_pipeline.signals import acted
from tests.integration.people.made_up import AT


def test_the_database_refuses_to_change_an_event(wang: User) -> None:
    event = Event.objects.filter(verb="person.created").get()

    with pytest.raises(ProgrammingError, match="permission denied for table audit_event"), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(verb="nothing.happened")

    event.refresh_from_db()
    assert event.verb == "person.created"


def test_the_database_refuses_to_delete_an_event(wang: User) -> None:
    events = Event.objects.count()

    with pytest.raises(ProgrammingError, match="permission denied for table audit_event"), transaction.atomic():
        Event.objects.all().delete()

    assert Event.objects.count() == events


def test_an_event_tells_who_did_what_to_what(ada: User, wang: User) -> None:
    event = record(verb="person.praised", subject=wang, by=ada, at=AT, detail={"times": 3})

    event.refresh_from_db()
    assert (event.at, event.by, event.verb, event.detail) == (AT, ada, "person.praised", {"times": 3})
    assert (event.subject_type, event.subject_id) == ("accounts.user", str(wang.uuid))


def test_an_anonymous_visitor_is_written_down_as_nobody(wang: User) -> None:
    assert record(verb="person.seen", subject=wang, by=AnonymousUser(), at=AT).by is None


def test_it_hears_what_the_lower_roots_did(wang: User) -> None:
    acted.send(sender=None, verb="lesson.frozen", subject=wang, by=None, at=AT, detail={"number": 1})

    assert Event.objects.get(verb="lesson.frozen").detail == {"number": 1}
