"""`class_ended`: sent after the commit, so that whoever studies in it is told at once. Argument: training_class.
A class whose last day passes sends nothing.

`enrollment_withdrawn`: sent inside the transaction that withdrew it, so that no seat rests on it for a moment longer;
who wants to act after the commit waits for it. Arguments: enrollment (the row), at.
"""

from django.dispatch import Signal

class_ended = Signal()
enrollment_withdrawn = Signal()
