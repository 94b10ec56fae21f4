"""The same look at the database as the system check takes, in a moment and without Django: `make run` asks it first.

Ends with status 1 when hours must not be counted here.
"""

import sys

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from lms import env
from lms.env.servers import DEFAULT_DATA_DIR
from lms.wiring.queries.trust import facts
from lms.wiring.rules.trust import faults


def main() -> int:
    folder = env.data_dir(DEFAULT_DATA_DIR)
    address = make_conninfo(make_conninfo("", **env.DATABASE_LIMITS), **conninfo_to_dict(env.runtime_url(folder)))
    with psycopg.connect(address) as connection, connection.cursor() as cursor:
        found = faults(facts(cursor))
    for fault in found:
        print(fault.text)
    return 1 if any(fault.kind == "durability" or env.has_owner() for fault in found) else 0


if __name__ == "__main__":
    sys.exit(main())
