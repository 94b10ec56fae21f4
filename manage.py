#!/usr/bin/env python
"""Run a management command beside whatever else uses the same DATA_DIR.

Without DATABASE_URL or REDIS_URL the private embedded servers are started for the time of the command (or
joined when `make run` already runs them); see lms/env/servers.py.
"""

import os
import sys

from lms.env.servers import running_servers


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")
    from django.core.management import execute_from_command_line

    with running_servers():
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
