"""A uuid that a client made can only ever name one thing."""


class UuidTaken(ValueError):
    """The uuid belongs to something else that was made before."""
