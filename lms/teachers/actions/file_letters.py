"""What is told by letter of a decision about a file, inside its transaction."""

from datetime import datetime

from lms.letters.actions import NewLetter, write_letters
from lms.teachers.models import FileApplication


def tell_file_decided(*, at: datetime, application: FileApplication) -> None:
    """To the teacher, and to who applied for them: it is accepted or returned by now."""
    kind, once = f"file.{application.state}", f"{application.uuid} {at.isoformat()}"
    facts = {"reason": application.reason}
    letters = [NewLetter(kind, application.person, once, facts=facts)]
    if application.applied_by_id != application.person_id:
        about = str(application.person.uuid)
        letters.append(NewLetter(f"{kind}.applicant", application.applied_by, once, about, facts))
    write_letters(at=at, letters=letters)
