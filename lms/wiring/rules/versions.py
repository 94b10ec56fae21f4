"""Which of PostgreSQL's programs fit a server. Pure; lms.wiring.backups asks both for their versions.

What PostgreSQL promises (pg_dump, Notes): a dump loads into a newer server, a newer pg_dump dumps an older server, an
older one refuses a newer server, and what a newer one wrote need not load into an older server. Below 17 it does not:
since 17 every restore begins with `SET transaction_timeout`, which those servers do not know; from 17 on nothing is in
the way. An older pg_restore need not read the file of a newer pg_dump ("unsupported version in file header").
"""

TAKES_NEWER_SINCE = 17


def misfit(program: str, own: int, server: int) -> str | None:
    """Why this program, of one major version, is not for a server of another, and what to do; None when it fits."""
    if own == server or own > server >= TAKES_NEWER_SINCE:
        return None
    if own < server:
        trouble = "an older one dumps no newer server and need not read its dumps"
    else:
        trouble = f"what a newer one writes need not restore into a server below {TAKES_NEWER_SINCE}"
    return (
        f"{program} is of PostgreSQL {own} and the server of PostgreSQL {server}: {trouble}. "
        f"Set PG_BIN to the folder of the server's own programs, PG_BIN=/usr/lib/postgresql/{server}/bin."
    )
