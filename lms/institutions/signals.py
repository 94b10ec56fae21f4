"""What apps that are not known here learn of institutions and teachers, and what they are asked.

`institution_suspended`: sent inside the transaction that suspended it. Arguments: institution (the row), at.
`certificate_revoked`: likewise. Arguments: person (who may not teach), on (the first day on which they may not), at.
`weight_asked`: what hangs on an institution? Arguments: institution, at. Answered by a dict from names to numbers:
`seats` that a suspension would put in doubt, `sittings` to come where it examines.
"""

from django.dispatch import Signal

institution_suspended = Signal()
certificate_revoked = Signal()
weight_asked = Signal()
