"""Becomes a media program, after giving up whatever the program has no need of.

Run as `python -I -S guard.py PLAN PROGRAM ARGUMENT...`; the plan is JSON, made by `programs.py` of `rules.confinement`.
It takes no part in Django: doing this in the child, and not in a `preexec_fn`, is safe in processes with threads.
What is asked for and cannot be had ends the guard with status REFUSED before the program begins. Only the empty
network is a matter of luck (containers refuse it); without it a program still cannot make a socket.
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import stat
import sys
from typing import Any

REFUSED = 125

PR_SET_PDEATHSIG = 1
PR_SET_SECCOMP = 22
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
SECCOMP_MODE_FILTER = 2
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
LANDLOCK_CREATE_RULESET = 444
LANDLOCK_ADD_RULE = 445
LANDLOCK_RESTRICT_SELF = 446
LANDLOCK_RULE_PATH_BENEATH = 1
# Rights that a rule on a single file may name: execute, write, read, truncate.
RIGHTS_ON_FILES = 0x4007
CAPABILITY_VERSION_3 = 0x20080522
# Who runs as root, on a machine of one's own, keeps only this: files of other owners, inside what Landlock allows.
CAP_DAC_OVERRIDE = 1


class PathRule(ctypes.Structure):
    _pack_ = 1  # as the kernel declares it
    _fields_ = [("rights", ctypes.c_uint64), ("folder", ctypes.c_int32)]


class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def become(plan: dict[str, Any], argv: list[str]) -> None:
    """Replace this process by the program; never returns."""
    confinement = plan["confinement"]
    alone = confinement is not None and _leave_the_network()
    if sys.platform == "linux":
        _die_with_parent()
    _limit(plan["limits"], threads=alone)
    # Python ignores these, and a program inherits that: it would fill the disk up to an error instead of ending.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    if confinement is not None:
        _drop_capabilities()
        _demand("no_new_privs", _libc().prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        _restrict_files(confinement["ruleset"], confinement["paths"])
        _restrict_calls(bytes.fromhex(confinement["filter"]))
    os.execve(argv[0], argv, dict(os.environ))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _demand(what: str, result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")
    return result


def _leave_the_network() -> bool:
    """Into a network without any device; whether in a user namespace of our own, where our threads are counted.

    Root needs none, and keeps its files that way: a namespace without root's number would lose them.
    """
    if os.geteuid() == 0:
        _libc().unshare(CLONE_NEWNET | CLONE_NEWIPC)
        return False
    return bool(_libc().unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC) == 0)


def _die_with_parent() -> None:
    parent = os.getppid()
    _libc().prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # the parent died before the bond was made
        sys.exit(1)


def _limit(limits: dict[str, int], *, threads: bool) -> None:
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: limits["cpu_s"],
        resource.RLIMIT_FSIZE: limits["file_bytes"],
        resource.RLIMIT_NOFILE: limits["open_files"],
        resource.RLIMIT_STACK: limits["stack_bytes"],
        resource.RLIMIT_AS: limits["memory_bytes"],
    }
    if threads:  # elsewhere all threads of the same user count, ours or not
        wanted[resource.RLIMIT_NPROC] = limits["threads"]
    for kind, most in wanted.items():
        hard = resource.getrlimit(kind)[1]
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        # macOS knows no limit of address space.
        with contextlib.suppress(ValueError):
            resource.setrlimit(kind, (allowed, allowed))


def _drop_capabilities() -> None:
    """All that this process may not have it does not have: errors say that there was nothing to drop."""
    libc = _libc()
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    for capability in range(64):
        if capability != CAP_DAC_OVERRIDE:
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    kept = (1 << CAP_DAC_OVERRIDE) if os.geteuid() == 0 else 0
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    # Effective, permitted, inheritable; lower and upper halves.
    libc.capset(header, (ctypes.c_uint32 * 6)(kept, kept, 0, 0, 0, 0))


def _restrict_files(ruleset: list[int], paths: list[tuple[str, int]]) -> None:
    libc = _libc()
    libc.syscall.restype = ctypes.c_long
    wanted = (ctypes.c_uint64 * len(ruleset))(*ruleset)
    size = ctypes.c_size_t(ctypes.sizeof(wanted))
    rules = _demand("landlock", libc.syscall(LANDLOCK_CREATE_RULESET, wanted, size, 0))
    for path, rights in paths:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
        if not stat.S_ISDIR(os.fstat(opened).st_mode):
            rights &= RIGHTS_ON_FILES
        rule = PathRule(rights & ruleset[0], opened)
        _demand(path, libc.syscall(LANDLOCK_ADD_RULE, rules, LANDLOCK_RULE_PATH_BENEATH, ctypes.byref(rule), 0))
        os.close(opened)
    _demand("landlock", libc.syscall(LANDLOCK_RESTRICT_SELF, rules, 0))
    os.close(rules)


def _restrict_calls(instructions: bytes) -> None:
    wanted = Filter(len(instructions) // 8, instructions)
    _demand("seccomp", _libc().prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(wanted), 0, 0))


def main(arguments: list[str]) -> None:
    """Never returns: either the program begins, or REFUSED with a sentence why not."""
    try:
        become(json.loads(arguments[0]), arguments[1:])
    except (OSError, ValueError) as error:
        print(f"guard: {error}", file=sys.stderr)
        sys.exit(REFUSED)


if __name__ == "__main__":
    main(sys.argv[1:])
