"""Limits of sending letters, each with its reason."""

from datetime import timedelta

# How long a claimed letter is left to the worker that has it, and the pause before the next try when that one fails;
# after the last it is given up. The first is longer than a mail server may keep us waiting (EMAIL_TIMEOUT), so that two
# workers never have one letter.
PAUSES = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=12), timedelta(hours=24))
LETTERS_PER_STATEMENT = 500
# What one task sends before another takes its turn: a roster of 5,000 must not keep videos and imports waiting.
LETTERS_PER_PIECE = 100
# A server that fails so often in a row is asked again by the next sweep, and not for every letter.
FAILURES_MAX = 3
