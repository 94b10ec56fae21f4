"""What each role opens, as sets; where somebody may do it is in lms.institutions.

Roles are words here, not the model's choices: rules know no database.
"""

ADMINISTRATOR = "administrator"

# May enter the content administration, by a group that opens the door and nothing else: what staff may write there
# comes from their institution's shelf (lms.institutions.actions.shelves), what reviewers read from the review pages.
CONTENT_GROUP = {"institution": "Editors", "reviewer": "Moderators"}

# May find a person by the identity number on the card: to enrol, to examine, to supervise.
FINDERS = frozenset({"institution", "examiner", "authority", ADMINISTRATOR})

# Whom staff of an institution may register: those whom it trains, nobody who decides.
REGISTERED_BY_STAFF = frozenset({"learner"})

# May open the record of any person; the others see their own.
SEE_EVERYBODY = frozenset({ADMINISTRATOR})


def content_groups(roles: frozenset[str]) -> frozenset[str]:
    """Names of the groups that somebody with these roles belongs to."""
    return frozenset(group for role, group in CONTENT_GROUP.items() if role in roles)


def may_find(roles: frozenset[str]) -> bool:
    return bool(roles & FINDERS)


def may_register(roles: frozenset[str], wanted: frozenset[str]) -> bool:
    """May somebody with `roles` make a person with the roles `wanted`?"""
    return ADMINISTRATOR in roles or ("institution" in roles and wanted == REGISTERED_BY_STAFF)


def may_see(roles: frozenset[str], *, is_self: bool) -> bool:
    return is_self or bool(roles & SEE_EVERYBODY)
