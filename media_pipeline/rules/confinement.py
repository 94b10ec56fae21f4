"""What a media program may do: its limits, the files it may open, the system calls it may make. All as data.

A film is an attack until it has proven to be none, and whoever breaks a decoder *is* the program from then on. So
nothing here trusts ffmpeg: the kernel holds it. `guard.py` applies this in the child before it becomes the program, and
`programs.py` says for which files. Three fences stand behind each other: Landlock (files), seccomp (system calls), and
limits (memory, time, output); none of them asks for privileges. Numbers are the kernel's and never change.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import Final

GIB: Final = 1024**3

# Most that any step of ours needs, with room: a decoder of 4096 x 2304 pixels and three encoders.
MEMORY_BYTES: Final = 4 * GIB
# One file, and all files of a run. Six hours of the whole ladder are 15 GB.
FILE_BYTES: Final = 16 * GIB
OUTPUT_BYTES: Final = 24 * GIB
OUTPUT_FILES: Final = 60_000
OPEN_FILES: Final = 256
THREADS: Final = 1024
# Small stacks, or address space is spent on nothing where a decoder starts a thread for each of many processors.
STACK_BYTES: Final = 4 * 1024**2
# Processor seconds for a second that a program is given: it may keep this many processors busy, on average.
PROCESSORS: Final = 4

PROBE_MEMORY_BYTES: Final = GIB
PROBE_CPU_S: Final = 20


@dataclass(frozen=True)
class Limits:
    """What one run may use; beyond it the kernel, or we, end it."""

    cpu_s: int
    memory_bytes: int = MEMORY_BYTES
    file_bytes: int = FILE_BYTES
    output_bytes: int = OUTPUT_BYTES
    output_files: int = OUTPUT_FILES
    open_files: int = OPEN_FILES
    threads: int = THREADS


# A probe reads headers and decodes a few pictures; it writes nothing but what it prints.
PROBING: Final = Limits(cpu_s=PROBE_CPU_S, memory_bytes=PROBE_MEMORY_BYTES, file_bytes=0, output_bytes=0)


def limits_for(timeout_s: float) -> Limits:
    """The limits of a run that is given so long."""
    return Limits(cpu_s=ceil(timeout_s * PROCESSORS))


SIGKILL: Final = 9
SIGXFSZ: Final = 25
# By how much the kernel's account of processor time lags behind its own limit.
CLOCK_STEP_S: Final = 0.25
NO_MEMORY: Final = ("cannot allocate memory", "out of memory", "bad_alloc", "memoryerror")


def limit_reached(status: int, cpu_used_s: float, tail: str, limits: Limits) -> str | None:
    """Which limit ended a program that failed: "cpu", "file" or "memory"; None when it failed of itself.

    `status` is negative for a signal. Memory is known only by the program's own complaint: a refused allocation looks
    like any other error from outside.
    """
    if status == -SIGXFSZ:
        return "file"
    if status == -SIGKILL and cpu_used_s >= limits.cpu_s - CLOCK_STEP_S:
        return "cpu"
    if any(word in tail.lower() for word in NO_MEMORY):
        return "memory"
    return None


# Landlock: rights on files, by the version of the kernel's interface that brought them.
EXECUTE: Final = 1 << 0
WRITE_FILE: Final = 1 << 1
READ_FILE: Final = 1 << 2
READ_DIR: Final = 1 << 3
REMOVE_DIR: Final = 1 << 4
REMOVE_FILE: Final = 1 << 5
MAKE_DIR: Final = 1 << 7
MAKE_REG: Final = 1 << 8
TRUNCATE: Final = 1 << 14

FILE_RIGHTS: Final = ((1, (1 << 13) - 1), (2, 1 << 13), (3, TRUNCATE), (5, 1 << 15))
NETWORK_RIGHTS: Final = ((4, 0b11),)
SCOPES: Final = ((6, 0b11),)


def handled(table: tuple[tuple[int, int], ...], version: int) -> int:
    """Every right of a table that this kernel can take away; whatever is not granted is then refused."""
    return sum(rights for since, rights in table if since <= version)


PROGRAM_RIGHTS: Final = EXECUTE | READ_FILE
READING_RIGHTS: Final = READ_FILE | READ_DIR
# No links, no devices, no sockets, no pipes: whoever reads the folder afterwards finds files and folders only.
FOLDER_RIGHTS: Final = READING_RIGHTS | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | TRUNCATE


# seccomp: `name:number on x86_64:number on aarch64`. What is missing is refused, whatever the kernel learns later. No
# sockets, no new processes, no signals to others, nothing that changes who or where one is.
MACHINES: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_TABLE: Final = """
    read:0:63 write:1:64 readv:19:65 writev:20:66 pread64:17:67 pwrite64:18:68 lseek:8:62 close:3:57 open:2:
    openat:257:56 stat:4: fstat:5:80 lstat:6: newfstatat:262:79 statx:332:291 access:21: faccessat:269:48
    faccessat2:439:439 readlink:89: readlinkat:267:78 getcwd:79:17 chdir:80:49 dup:32:23 dup2:33: dup3:292:24
    pipe:22: pipe2:293:59 getdents:78: getdents64:217:61 fsync:74:82 fdatasync:75:83 ftruncate:77:46
    fallocate:285:47 fadvise64:221:223 rename:82: renameat:264:38 renameat2:316:276 unlink:87: unlinkat:263:35
    mkdir:83: mkdirat:258:34 rmdir:84: flock:73:32 umask:95:166 fcntl:72:25 ioctl:16:29
    poll:7: ppoll:271:73 select:23: pselect6:270:72 epoll_create1:291:20 epoll_ctl:233:21 epoll_wait:232:
    epoll_pwait:281:22 eventfd2:290:19 pause:34: nanosleep:35:101 clock_nanosleep:230:115 alarm:37: getitimer:36:102
    setitimer:38:103 restart_syscall:219:128
    mmap:9:222 mprotect:10:226 munmap:11:215 mremap:25:216 madvise:28:233 msync:26:227 brk:12:214 membarrier:324:283
    mincore:27:232
    clone:56:220 futex:202:98 futex_waitv:449:449 set_robust_list:273:99 get_robust_list:274:100
    set_tid_address:218:96 rseq:334:293 arch_prctl:158: prctl:157:167 sched_yield:24:124 sched_getaffinity:204:123
    sched_getparam:143:121 sched_getscheduler:145:120 sched_get_priority_min:147:126 sched_get_priority_max:146:125
    getcpu:309:168 exit:60:93 exit_group:231:94 execve:59:221
    gettid:186:178 getpid:39:172 getppid:110:173 getuid:102:174 geteuid:107:175 getgid:104:176 getegid:108:177
    getgroups:115:158 getresuid:118:148 getresgid:120:150 getpgid:121:155 getpgrp:111: getsid:124:156
    getpriority:140:141 getrusage:98:165 getrlimit:97:163 prlimit64:302:261 times:100:153 sysinfo:99:179
    uname:63:160
    rt_sigaction:13:134 rt_sigprocmask:14:135 rt_sigreturn:15:139 rt_sigpending:127:136 rt_sigsuspend:130:133
    rt_sigtimedwait:128:137 sigaltstack:131:132
    clock_gettime:228:113 clock_getres:229:114 gettimeofday:96:169 time:201: getrandom:318:278
"""

_EPERM: Final = 1
_ENOSYS: Final = 38
_ALLOW: Final = 0x7FFF0000
_KILL: Final = 0x80000000
_ERRNO: Final = 0x00050000
# clone3 hides its flags from a filter; told that there is none, every libc takes clone. Numbers of the x32 calls.
_CLONE3: Final = 435
_X32: Final = 0x40000000


@dataclass(frozen=True)
class Demand:
    """A call passes only if `argument & mask` is one of `values`; of the argument the lower 32 bits count."""

    argument: int
    mask: int
    values: tuple[int, ...]


_ALL_BITS: Final = 0xFFFFFFFF
# Threads, never processes and never new namespaces.
_CLONE_THREAD: Final = Demand(0, 0x7E030000, (0x10000,))
# Not to empty a file that is opened for reading: older Landlocks do not stop it.
_OPENED: Final = (0o0, 0o1, 0o2, 0o1001, 0o1002)

DEMANDS: Final[dict[str, tuple[Demand, ...]]] = {
    "clone": (_CLONE_THREAD,),
    # A thread's name, and names of memory. Not the bond to the parent's life, which guard.py makes.
    "prctl": (Demand(0, _ALL_BITS, (15, 16, 0x53564D41)),),
    # Is it a terminal, how wide, how much is there to read. No device obeys.
    "ioctl": (Demand(1, _ALL_BITS, (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)),),
    # Flags and locks; not who is sent a signal.
    "fcntl": (Demand(1, _ALL_BITS, (0, 1, 2, 3, 4, 5, 6, 7, 1030)),),
    "open": (Demand(1, 0o1003, _OPENED),),
    "openat": (Demand(2, 0o1003, _OPENED),),
    # Reading one's own limits.
    "prlimit64": (Demand(0, _ALL_BITS, (0,)), Demand(2, _ALL_BITS, (0,))),
}


def system_calls(machine: str) -> dict[str, int]:
    """The allowed calls of a machine by name."""
    column = 1 if machine == "x86_64" else 2
    rows = (row.split(":") for row in _TABLE.split())
    return {row[0]: int(row[column]) for row in rows if row[column]}


class MachineUnknown(Exception):
    """There is no list of system calls for this kind of processor."""


def filter_program(machine: str) -> bytes:
    """The filter as the kernel takes it: an array of `struct sock_filter` in classic BPF. MachineUnknown.

    Refused calls answer EPERM, so that a library that only asks goes on; a foreign way of calling is death.
    """
    if machine not in MACHINES:
        raise MachineUnknown(machine)
    return b"".join(_instructions(machine))


# Instructions of classic BPF that are needed here, and where things lie in `struct seccomp_data`.
_LOAD: Final = 0x20
_AND: Final = 0x54
_EQUAL: Final = 0x15
_AT_LEAST: Final = 0x35
_RETURN: Final = 0x06
_AT_NUMBER: Final = 0
_AT_MACHINE: Final = 4
_AT_ARGUMENTS: Final = 16


def _instructions(machine: str) -> Iterator[bytes]:
    yield _instruction(_LOAD, _AT_MACHINE)
    yield _instruction(_EQUAL, MACHINES[machine], then=1)
    yield _instruction(_RETURN, _KILL)
    yield _instruction(_LOAD, _AT_NUMBER)
    if machine == "x86_64":
        yield _instruction(_AT_LEAST, _X32, otherwise=1)
        yield _instruction(_RETURN, _KILL)
    for name, number in system_calls(machine).items():
        body = [*_demands(DEMANDS.get(name, ())), _instruction(_RETURN, _ALLOW)]
        yield _instruction(_EQUAL, number, otherwise=len(body))
        yield from body
    yield _instruction(_EQUAL, _CLONE3, otherwise=1)
    yield _instruction(_RETURN, _ERRNO | _ENOSYS)
    yield _instruction(_RETURN, _ERRNO | _EPERM)


def _demands(demands: tuple[Demand, ...]) -> Iterator[bytes]:
    for demand in demands:
        yield _instruction(_LOAD, _AT_ARGUMENTS + 8 * demand.argument)
        yield _instruction(_AND, demand.mask)
        for number, value in enumerate(demand.values):
            # Over the values that are left, and over the refusal.
            yield _instruction(_EQUAL, value, then=len(demand.values) - number)
        yield _instruction(_RETURN, _ERRNO | _EPERM)


def _instruction(code: int, operand: int, *, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("=HBBI", code, then, otherwise, operand)
