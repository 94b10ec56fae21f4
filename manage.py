#!/usr/bin/env python
"""Run a management command beside whatever else uses the same DATA_DIR.

Without DATABASE_URL or REDIS_URL the private embedded servers are started for the time of the command (or
joined when `make run` already runs them); see lms/env/servers.py. Commands that make or empty tables act as the role
that owns them; every other one as the role that serves, which cannot change what was posted. What needs no server
starts none.
"""

import os
import sys
from contextlib import nullcontext

from lms.env.servers import running_servers

OWNERS_COMMANDS = frozenset({"migrate", "flush", "sqlmigrate", "backup", "restore"})
SERVERLESS_COMMANDS = frozenset({"transcode"})


def main() -> None:
    if len(sys.argv) > 1 and sys.argv[1] in OWNERS_COMMANDS:
        os.environ.setdefault("DATABASE_ROLE", "owner")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")
    from django.core.management import execute_from_command_line

    alone = len(sys.argv) > 1 and sys.argv[1] in SERVERLESS_COMMANDS
    with nullcontext() if alone else running_servers():
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
