"""`hours_lowered`: sent inside the transaction that took confirmed hours away, so that what rests on them is never
believed for longer. Arguments: learner_id, at.

`differences_asked`: sent while a learner's ledger is verified, under the lock of their clock. Whoever above keeps what
entries must agree with answers with a list of lines, one for each difference. Argument: learner_id.
"""

from django.dispatch import Signal

hours_lowered = Signal()
differences_asked = Signal()
