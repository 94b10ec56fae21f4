"""`hours_lowered`: sent inside the transaction that took confirmed hours away, so that what rests on them is never
believed for longer. Arguments: learner_id, at.
"""

from django.dispatch import Signal

hours_lowered = Signal()
