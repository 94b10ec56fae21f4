"""What a row of the access table says, in few words: `"login: nobody; 200: staff authority; 404: *"`.

Each part is an answer and those who get it; `*` is everybody who was not named. An answer is a status, or `login` for
being sent to the one login page, or `enter` for being sent to the door of the content administration.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

VISITORS = (
    "nobody",  # not logged in
    "learner",  # in the class that everything here is about
    "outsider",  # a learner of nothing here
    "teacher",  # named by the class as its teacher
    "colleague",  # teaches at the class's institution, and not this class
    "staff",  # runs it
    "rival",  # runs another institution of the same region
    "authority",  # of the region of the class's institution
    "province",  # of the region above
    "elsewhere",  # the authority of another region
    "examiner",  # works for the exam institution that has the sitting
    "reviewer",  # of the textbook review committee
    "admin",
)


@dataclass(frozen=True)
class Row:
    """Answers to GET and to POST with an empty body, and to other methods that the route knows.

    `given` says which thing of the world an argument of the address is, where it has not the argument's own name;
    `address` is the whole address where the pattern is a regular expression. `sent` are the fields of a POST that gets
    past the form, where the right is asked for behind it.
    """

    get: str
    post: str
    others: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    sent: Mapping[str, str] = field(default_factory=dict)

    def expected(self) -> dict[str, dict[str, str]]:
        """Method -> visitor -> answer."""
        said = {"GET": self.get, "POST": self.post, **self.others}
        return {method: read(text) for method, text in said.items()}


def read(text: str) -> dict[str, str]:
    """Visitor -> answer. Raises ValueError for an unknown or twice-named visitor, and when somebody is left out."""
    answers: dict[str, str] = {}
    rest = ""
    for part in text.split(";"):
        answer, _colon, names = (piece.strip() for piece in part.partition(":"))
        for name in names.split():
            if name == "*":
                rest = answer
            elif name not in VISITORS or name in answers:
                raise ValueError(f"{name!r} in {text!r}")
            else:
                answers[name] = answer
    if not rest and len(answers) < len(VISITORS):
        raise ValueError(f"somebody is left out of {text!r}")
    return {name: answers.get(name, rest) for name in VISITORS}


def written(answers: Mapping[str, str]) -> str:
    """The shortest text for these answers: what a failing test proposes, for somebody to judge."""
    groups: dict[str, list[str]] = {}
    for name in VISITORS:
        groups.setdefault(answers[name], []).append(name)
    most = max(groups, key=lambda answer: len(groups[answer]))
    named = [f"{answer}: {' '.join(names)}" for answer, names in groups.items() if answer != most]
    return "; ".join([*named, f"{most}: *"])
