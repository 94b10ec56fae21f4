"""`class_ended`: sent after the commit, so that whoever studies in it is told at once. Argument: training_class.
A class whose last day passes sends nothing.

`enrollment_withdrawn`: sent inside the transaction that withdrew it, so that no seat rests on it for a moment longer;
who wants to act after the commit waits for it. Arguments: enrollment (the row), at.

`teachers_asked`: sent when a class is reported, and for the pages of its report: whoever knows something about teachers
answers with a dict from a person's primary key to a tuple of `rules.naming.Reason`. Arguments: people, training_class,
at. A receiver that fails, fails the report: nobody is named by default.
"""

from django.dispatch import Signal

class_ended = Signal()
enrollment_withdrawn = Signal()
teachers_asked = Signal()
