"""What apps that are not known here learn of institutions, and what they are asked about one.

`institution_suspended`: sent inside the transaction that suspended it. Arguments: institution (the row), at.
`weight_asked`: what hangs on an institution? Arguments: institution, at. Answered by a dict from names to numbers:
`seats` that a suspension would put in doubt, `sittings` to come where it examines.
"""

from django.dispatch import Signal

institution_suspended = Signal()
weight_asked = Signal()
