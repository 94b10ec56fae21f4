"""`study_asked`: may this viewer study this lesson now? Asked by a lesson's public page; classes answer, above.

Arguments: viewer (logged in), lesson_uuid. A receiver returns True or False; one True is enough.
"""

from django.dispatch import Signal

study_asked = Signal()
