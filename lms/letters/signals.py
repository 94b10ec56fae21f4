"""What the morning's letter asks of apps that its writer does not know."""

from django.dispatch import Signal

# viewer: User. Answered by a dict from names of `texts.WAITING_FOR` to how many wait for this person's decision.
waiting_asked = Signal()
