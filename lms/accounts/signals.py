"""What people's roles and suspensions tell the apps above.

`suspended`: sent after the commit that suspended somebody, so that open sockets and leases can be closed at once.
Arguments: person (the user), at. A socket authenticates only when it opens: without this a suspension would wait for a
reload.

`roles_changed`: sent inside the transaction that granted or ended a role, so that what follows from it is never half
done. Arguments: person (the user), at.
"""

from django.dispatch import Signal

suspended = Signal()
roles_changed = Signal()
