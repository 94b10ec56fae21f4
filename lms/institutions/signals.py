"""Sent inside the transaction of what they tell of.

`institution_suspended`: institution (the row), at. `certificate_revoked`: person (who may not teach), on (the first day
on which they may not), at.
"""

from django.dispatch import Signal

institution_suspended = Signal()
certificate_revoked = Signal()
