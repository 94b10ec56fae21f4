"""What courses ask of the apps above, or tell them, without knowing them.

`study_asked`: may this viewer study this lesson now? Asked by a lesson's public page; classes answer, above.

Arguments: viewer (logged in), lesson_uuid. A receiver returns True or False; one True is enough.

`lesson_withdrawn`: sent after the commit that withdrew a lesson, so that whoever studies it is told at once. Arguments:
lesson (the row).
"""

from django.dispatch import Signal

study_asked = Signal()
lesson_withdrawn = Signal()
