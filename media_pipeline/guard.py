"""Starts a media program so that it cannot outlive the process that asked for it.

Run as `python -I -S guard.py PROGRAM ARGUMENT...`. It takes no part in Django: it binds its life to the
parent's, sets the limits of the child and becomes the program. Doing this in the child, and not in a
`preexec_fn`, is safe in processes with threads.
"""

import ctypes
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1
FILE_BYTES_MAX = 16 * 1024**3
OPEN_FILES_MAX = 256


def become(argv: list[str]) -> None:
    """Replace this process by the program; never returns."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # the parent died before the bond was made
            sys.exit(1)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES_MAX, FILE_BYTES_MAX))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files = OPEN_FILES_MAX if hard == resource.RLIM_INFINITY else min(OPEN_FILES_MAX, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    os.execve(argv[0], argv, dict(os.environ))


if __name__ == "__main__":
    become(sys.argv[1:])
