"""The filter of system calls, run by a small machine for classic BPF, and which limit ended a program."""

import struct
from functools import cache

import pytest

from media_pipeline.rules import confinement
from media_pipeline.rules.confinement import Limits, filter_program, limit_reached, limits_for, system_calls

ALLOW, EPERM, ENOSYS, KILL = 0x7FFF0000, 0x50001, 0x50026, 0x80000000
X86, ARM = 0xC000003E, 0xC00000B7


def decide(machine: str, number: int, *arguments: int, called_as: int | None = None) -> int:
    """What the filter answers to one call."""
    architecture = confinement.MACHINES[machine] if called_as is None else called_as
    padded = [*arguments, *[0] * (6 - len(arguments))]
    call = struct.pack("<IIQ6Q", number, architecture, 0, *padded)
    program, accumulator, at = instructions(machine), 0, 0
    while True:
        code, then, otherwise, operand = program[at]
        at += 1
        match code:
            case 0x20:
                accumulator = struct.unpack_from("<I", call, operand)[0]
            case 0x54:
                accumulator &= operand
            case 0x15:
                at += then if accumulator == operand else otherwise
            case 0x35:
                at += then if accumulator >= operand else otherwise
            case 0x06:
                return int(operand)
            case _:
                raise AssertionError(f"unknown instruction {code:#x}")


@cache
def instructions(machine: str) -> list[tuple[int, int, int, int]]:
    return list(struct.iter_unpack("<HBBI", filter_program(machine)))


# Numbers on x86_64 and aarch64, from the kernel's own tables.
REFUSED = {
    "socket": (41, 198),
    "connect": (42, 203),
    "socketpair": (53, 199),
    "kill": (62, 129),
    "tgkill": (234, 131),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "mount": (165, 40),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "setns": (308, 268),
    "unshare": (272, 97),
    "bpf": (321, 280),
    "keyctl": (250, 219),
    "io_uring_setup": (425, 425),
    "userfaultfd": (323, 282),
    "perf_event_open": (298, 241),
    "memfd_create": (319, 279),
    "execveat": (322, 281),
    "symlinkat": (266, 36),
    "linkat": (265, 37),
    "mknodat": (259, 33),
    "fchmodat": (268, 53),
    "utimensat": (280, 88),
    "setsid": (112, 157),
    "setpgid": (109, 154),
    "pidfd_open": (434, 434),
    "open_by_handle_at": (304, 265),
    "init_module": (175, 105),
    "truncate": (76, 45),
    "sched_setaffinity": (203, 122),
    "setpriority": (141, 140),
    "seccomp": (317, 277),
    "shmget": (29, 194),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_refuses(name: str) -> None:
    x86, arm = REFUSED[name]

    assert decide("x86_64", x86) == EPERM
    assert decide("aarch64", arm) == EPERM


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_it_allows_what_is_on_the_list_and_nothing_else(machine: str) -> None:
    listed = {number for name, number in system_calls(machine).items() if name not in confinement.DEMANDS}

    allowed = {number for number in range(600) if decide(machine, number, 3, 3, 3) == ALLOW}

    assert listed <= allowed
    assert allowed - listed <= set(system_calls(machine).values())


@pytest.mark.parametrize(
    ("name", "arguments", "answer"),
    [
        ("clone", (0x3D0F00,), ALLOW),
        ("clone", (0x1200011,), EPERM),
        ("clone", (0x10000 | 0x10000000,), EPERM),
        ("prctl", (15,), ALLOW),
        ("prctl", (1,), EPERM),
        ("ioctl", (1, 0x5401), ALLOW),
        ("ioctl", (0, 0x5412), EPERM),
        ("fcntl", (3, 4), ALLOW),
        ("fcntl", (3, 8), EPERM),
        ("openat", (0, 0, 0), ALLOW),
        ("openat", (0, 0, 0o1101), ALLOW),
        ("openat", (0, 0, 0o1000), EPERM),
        ("prlimit64", (0, 7, 0), ALLOW),
        ("prlimit64", (0, 7, 0x7F00), EPERM),
        ("prlimit64", (1, 7, 0), EPERM),
    ],
)
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_some_calls_pass_with_certain_arguments_only(
    machine: str, name: str, arguments: tuple[int, ...], answer: int
) -> None:
    assert decide(machine, system_calls(machine)[name], *arguments) == answer


def test_threads_are_made_with_the_call_whose_flags_can_be_seen() -> None:
    assert decide("x86_64", 435) == decide("aarch64", 435) == ENOSYS


def test_a_foreign_way_of_calling_is_death() -> None:
    i386 = 0x40000003

    assert decide("x86_64", 1, called_as=i386) == KILL
    assert decide("x86_64", 1, called_as=ARM) == KILL
    assert decide("aarch64", 64, called_as=X86) == KILL
    assert decide("x86_64", 0x40000000 | 1) == KILL


def test_other_processors_have_no_filter() -> None:
    with pytest.raises(confinement.MachineUnknown):
        filter_program("riscv64")


def test_every_right_of_the_kernel_is_taken_away_and_few_are_given() -> None:
    assert [confinement.handled(confinement.FILE_RIGHTS, version) for version in (1, 2, 3, 4, 5, 7)] == [
        0x1FFF,
        0x3FFF,
        0x7FFF,
        0x7FFF,
        0xFFFF,
        0xFFFF,
    ]
    assert [confinement.handled(confinement.NETWORK_RIGHTS, version) for version in (3, 4)] == [0, 3]
    assert [confinement.handled(confinement.SCOPES, version) for version in (5, 6)] == [0, 3]
    # Sockets, pipes, links and devices: nobody may make them, not even in the private folder.
    assert not confinement.FOLDER_RIGHTS & (1 << 6 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12 | confinement.EXECUTE)


@pytest.mark.parametrize(
    ("status", "cpu_s", "tail", "limit"),
    [
        (-25, 0.1, "", "file"),
        (-9, 10.0, "", "cpu"),
        (-9, 9.9, "", "cpu"),
        (-9, 3.0, "", None),
        (1, 10.0, "", None),
        (187, 0.1, "x.mp4: Cannot allocate memory", "memory"),
        (1, 0.1, "x.mp4: Out of memory", "memory"),
        (1, 0.1, "Invalid data found when processing input", None),
        (-11, 0.1, "", None),
    ],
)
def test_it_tells_which_limit_was_reached(status: int, cpu_s: float, tail: str, limit: str | None) -> None:
    assert limit_reached(status, cpu_s, tail, Limits(cpu_s=10)) == limit


def test_a_probe_may_write_nothing_and_a_run_may_use_processors_as_long_as_it_is_given() -> None:
    assert (confinement.PROBING.file_bytes, confinement.PROBING.output_bytes) == (0, 0)
    assert limits_for(300.5).cpu_s == 1202
