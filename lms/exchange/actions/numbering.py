"""Gives changes their place in a feed, after they were committed.

Ids are drawn before a transaction commits, so a row with a lower id can become visible after one with a higher id: a
reader that remembered the highest id would never see it. So the place is a number of its own, given by one hand at a
time: the lock is held until the commit, whoever numbers next sees all numbers that were given, and what commits later
only ever gets a higher one. Of one learner the order stays that of the ledger: an entry is posted under the lock of
the learner's clock, so the one before it was visible when its id was drawn.
"""

from django.db import connection, transaction

from lms.exchange.models import FeedRow, HoursChange, StandingChange

BATCH = 5_000
LOCKS = {HoursChange: 0x6578_6368, StandingChange: 0x6578_7374}
"""Keys of the advisory locks; `exch` and `exst`."""

NUMBER = """
WITH waiting AS (
    SELECT id FROM {table} WHERE number IS NULL ORDER BY id LIMIT %s
), numbered AS (
    SELECT id, row_number() OVER (ORDER BY id) + (SELECT coalesce(max(number), 0) FROM {table}) AS number
    FROM waiting
)
UPDATE {table} SET number = numbered.number FROM numbered WHERE {table}.id = numbered.id
"""


def number_changes(feed: type[FeedRow]) -> bool:
    """Number what is committed and waits in this feed, at most BATCH; True when more may wait.

    False at once, with nothing done, while another process is at it: what it numbers is read the next time.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCKS[feed]])
        if cursor.fetchone() != (True,):
            return False
        # A statement of its own: its snapshot is younger than the lock, so it sees every number that was given.
        cursor.execute(NUMBER.format(table=feed._meta.db_table), [BATCH])
        return bool(cursor.rowcount == BATCH)
