"""`class_ended`, `enrollment_withdrawn`: sent after the commit, so that whoever studies under them is told at once.

Arguments: training_class (the row); enrollment (the row), at. A class whose last day passes sends nothing.
"""

from django.dispatch import Signal

class_ended = Signal()
enrollment_withdrawn = Signal()
