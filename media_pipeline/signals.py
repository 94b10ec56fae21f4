"""`acted`: sent inside the transaction of every write of the lower roots, so that an audit log above can keep it.

Arguments: verb, subject (the row), by (a user or None), at (aware datetime), detail (ids, counts and codes only).
"""

from django.dispatch import Signal

acted = Signal()
