"""`institution_suspended`: sent inside the transaction that suspended it. Arguments: institution (the row), at."""

from django.dispatch import Signal

institution_suspended = Signal()
