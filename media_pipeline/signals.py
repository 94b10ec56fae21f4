"""The one notice that this app gives to whoever keeps the audit log.

Sent inside the transaction of an action, so that the act and its record stand or fall together. Arguments:
`verb` (str), `subject` (model instance), `by` (person or None for the system), `at` (aware datetime), `detail` (dict).
"""

from django.dispatch import Signal

acted = Signal()
