"""What people's roles and suspensions tell the apps above.

`suspended`: sent inside the transaction that suspended somebody, so that no seat of theirs stands for a moment longer.
Arguments: person (the user), at. Open sockets and leases are closed after its commit: a socket authenticates only when
it opens, and without this a suspension would wait for a reload.

`roles_changed`: sent inside the transaction that granted or ended a role, so that what follows from it is never half
done. Arguments: person (the user), at.
"""

from django.dispatch import Signal

suspended = Signal()
roles_changed = Signal()
