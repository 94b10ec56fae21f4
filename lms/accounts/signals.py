"""`suspended`: sent after the commit that suspended somebody, so that open sockets and leases can be closed at once.

Arguments: person (the user). A socket authenticates only when it opens; without this a suspension waits for a reload.
"""

from django.dispatch import Signal

suspended = Signal()
