"""Attempts to leave the sandbox, made from inside it, with the profile of production.

The program is Python in the place of ffmpeg: whoever takes over a decoder can do what Python can. Each attempt prints
"escaped" when it succeeds. The control makes the same attempt with the sandbox off, wherever that is harmless and asks
for no privileges: there it has to succeed, or the attempt would prove nothing.
"""

import ctypes
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from media_pipeline import guard, programs
from media_pipeline.rules.confinement import Limits

pytestmark = pytest.mark.usefixtures("sandbox")

LIMITS = Limits(cpu_s=10, memory_bytes=512 * 1024**2, file_bytes=1024**2)
PRELUDE = """
import ctypes, errno, os, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long

def reaches(x86, arm, *arguments):
    "Whether the kernel so much as looks at a call: any other answer than EPERM."
    number = x86 if os.uname().machine == "x86_64" else arm
    if libc.syscall(number, *arguments) >= 0 or ctypes.get_errno() != errno.EPERM:
        print("escaped")

def escape():
{body}

try:
    escape()
except OSError as error:
    print("refused", error)
"""


@dataclass(frozen=True)
class Attempt:
    """`body` is Python; {names} in it are places and numbers of the `Outside`. `control`: it is harmless unconfined."""

    name: str
    body: str
    control: bool = True


@dataclass(frozen=True)
class Outside:
    """What lies around the private folder."""

    folder: Path
    secret: Path
    given: Path
    trap: Path
    path_socket: Path
    port: int


def opened(path: str, mode: str = "r") -> str:
    return f"open('{path}', '{mode}').close(); print('escaped')"


def done(call: str) -> str:
    return f"{call}; print('escaped')"


FILES = [
    Attempt("read a file of the system", opened("/etc/passwd")),
    Attempt("read a secret of ours", "print('escaped' if 'do-not-tell' in open('{secret}').read() else '')"),
    Attempt("list the folder of the secrets", done("os.listdir('{outside}')")),
    Attempt("read its parent's environment", opened("/proc/{parent}/environ")),
    Attempt("read its parent's memory", opened("/proc/{parent}/maps")),
    Attempt("read what runs first", opened("/proc/1/cmdline")),
    Attempt("read by way of its root", opened("/proc/self/root/etc/passwd")),
    Attempt("read relative to another folder", "os.chdir('/'); " + opened("etc/passwd")),
    Attempt("read through a link that lies in its folder", opened("{trap}")),
    Attempt("make a link out of its folder", done("os.symlink('/etc/passwd', 'link')")),
    Attempt("make a hard link of a secret", done("os.link('{secret}', 'link')")),
    Attempt("write beside its folder", opened("{outside}/new", "w")),
    Attempt("write into a secret", opened("{secret}", "a")),
    Attempt("write into the original", opened("{given}", "a")),
    Attempt("empty the original", done("os.truncate('{given}', 0)")),
    Attempt("empty the original by opening it", done("os.open('{given}', os.O_RDONLY | os.O_TRUNC)")),
    Attempt("delete the original", done("os.unlink('{given}')")),
    Attempt("take the original away", done("os.rename('{given}', 'mine')")),
    Attempt("replace the original", "open('mine', 'w').close(); " + done("os.rename('mine', '{given}')")),
    Attempt("make a folder beside its own", done("os.mkdir('{outside}/new')")),
    Attempt("open a secret to the world", done("os.chmod('{secret}', 0o777)")),
    Attempt("give a secret away", done("os.chown('{secret}', os.getuid(), os.getgid())")),
    Attempt("change when a secret was written", done("os.utime('{secret}', (0, 0))")),
    Attempt("make a pipe with a name", done("os.mkfifo('pipe')")),
    Attempt("make a device", done("os.mknod('device', 0o20666, os.makedev(1, 3))"), control=False),
    Attempt("read a device", opened("/dev/zero", "rb")),
]

NETWORK = [
    Attempt("connect to loopback", done("socket.create_connection(('127.0.0.1', {port}), 2)")),
    Attempt("send a datagram", done("socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {port}))")),
    Attempt("listen", done("socket.create_server(('127.0.0.1', 0))")),
    Attempt("connect to a socket with a path", done("socket.socket(socket.AF_UNIX).connect('{path_socket}')")),
    Attempt("make a socket with a path", done("socket.socket(socket.AF_UNIX).bind('made')")),
    Attempt("talk to itself", done("socket.socketpair()")),
    Attempt("ask the kernel about networks", done("socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)")),
    Attempt("send raw packets", done("socket.socket(socket.AF_INET, socket.SOCK_RAW, 255)"), control=False),
]

PROCESSES = [
    Attempt("fork", "if os.fork() == 0: os._exit(0)\nprint('escaped')"),
    Attempt("start another program", "import subprocess; " + done("subprocess.run(['/bin/true'], check=True)")),
    Attempt("become another program", "os.execv('/bin/echo', ['echo', 'escaped'])"),
    Attempt(
        "become a program that it wrote",
        "file = os.open('program', os.O_WRONLY | os.O_CREAT, 0o755)\n"
        "os.write(file, b'#!/bin/echo escaped'); os.close(file); os.execv('./program', ['program'])",
    ),
    Attempt("become a program in memory", done("os.memfd_create('program')")),
    Attempt("signal its parent", done("os.kill({parent}, 0)")),
    Attempt("signal everybody", done("os.kill(-1, 0)")),
    Attempt("signal a thread of its parent", "reaches(234, 131, {parent}, {parent}, 0)"),
    Attempt("hold its parent", "reaches(434, 434, {parent}, 0)"),
    Attempt("trace its parent", "reaches(101, 117, 16, -1, 0, 0)"),
    Attempt("read its parent's memory by a call", "reaches(310, 270, {parent}, 0, 0, 0, 0, 0)"),
    Attempt("move its parent", done("os.sched_setaffinity({parent}, os.sched_getaffinity(0))")),
    Attempt("read its parent's limits", "import resource; " + done("resource.prlimit({parent}, resource.RLIMIT_CORE)")),
    Attempt("live longer than its parent", "if libc.prctl(1, 0, 0, 0, 0) == 0: print('escaped')"),
    Attempt(
        "take more than its limits",
        "most = (ctypes.c_uint64 * 2)(2**40, 2**40)\nreaches(302, 261, 0, 9, most, 0)",
        control=False,
    ),
]

KERNEL = [
    Attempt("mount", "reaches(165, 40, 0, 0, 0, 0, 0)"),
    Attempt("unmount", "reaches(166, 39, 0, 0)"),
    Attempt("another root", "reaches(161, 51, 0)"),
    Attempt("turn the roots round", "reaches(155, 41, 0, 0)", control=False),
    Attempt("enter another namespace", "reaches(308, 268, -1, 0)"),
    Attempt("make a namespace", "reaches(272, 97, 1)"),
    Attempt("bpf", "reaches(321, 280, -1, 0, 0)", control=False),
    Attempt("keys of the kernel", "reaches(250, 219, 9999, 0, 0, 0, 0)"),
    Attempt("add a key", "reaches(248, 217, 0, 0, 0, 0, 0)"),
    Attempt("io_uring", "reaches(425, 425, 0, 0)", control=False),
    Attempt("userfaultfd", "reaches(323, 282, -1)", control=False),
    Attempt("count events of the processor", "reaches(298, 241, 0, 0, 0, 0, 0)"),
    Attempt("filter calls anew", "reaches(317, 277, 99, 0, 0)"),
    Attempt("load a module", "reaches(175, 105, 0, 0, 0)", control=False),
    Attempt("open by handle", "reaches(304, 265, -1, 0, 0)", control=False),
    Attempt("make a handle", "reaches(303, 264, -1, 0, 0, 0, 0)"),
    Attempt("shared memory", "reaches(29, 194, 0, 0, 0)"),
    Attempt("queues of messages", "reaches(240, 180, 0, 0, 0, 0)"),
    Attempt("watch files", "reaches(294, 26, -1)"),
    Attempt("a program by its descriptor", "reaches(322, 281, -1, 0, 0, 0, 0)"),
    Attempt("another personality", "reaches(135, 92, 0xFFFFFFFF)"),
    Attempt("another user", done("os.setuid(os.getuid())")),
    Attempt("pages from one pipe to another", "reaches(275, 76, -1, 0, -1, 0, 0, 0)"),
    Attempt("another list of its own", "reaches(444, 444, 0, 0, 1)"),
]

ATTEMPTS = [*FILES, *NETWORK, *PROCESSES, *KERNEL]


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    folder = tmp_path / "folder"
    folder.mkdir()
    secret, given, trap = tmp_path / "secret", tmp_path / "given", folder / "trap"
    secret.write_text("do-not-tell")
    given.write_text("the original")
    trap.symlink_to(secret)
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as local:
        # A socket's path has to be short.
        path_socket = Path(tempfile.gettempdir(), f"xueshi-test-{os.getpid()}")
        local.bind(str(path_socket))
        local.listen()
        try:
            yield Outside(folder, secret, given, trap, path_socket, server.getsockname()[1])
        finally:
            path_socket.unlink()


def parts_of_python() -> tuple[Path, ...]:
    """The files that Python itself needs: its library, and what this process has loaded of it."""
    maps = [line.split() for line in Path("/proc/self/maps").read_text().splitlines()]
    loaded = {Path(words[5]) for words in maps if len(words) == 6 and ".so" in words[5]}
    return (Path(os.__file__).parent, *(path for path in loaded if path.exists()))


@pytest.fixture
def run_python(settings: Any, outside: Outside) -> Callable[..., str]:
    """Runs a piece of Python in the place of ffmpeg, confined as in production or not at all."""
    settings.FFMPEG_BINARY = os.path.realpath(sys.executable)
    assert ctypes.sizeof(ctypes.c_long) == 8

    def run(code: str, *, sandbox: str = programs.REQUIRED, timeout_s: float = 30, **more: Any) -> str:
        settings.MEDIA_SANDBOX = sandbox
        more.setdefault("limits", LIMITS)
        reads = (*parts_of_python(), outside.given)
        arguments = ["-I", "-S", "-c", code]
        return programs.run("ffmpeg", arguments, folder=outside.folder, timeout_s=timeout_s, reads=reads, **more)

    return run


def code_of(attempt: Attempt, outside: Outside) -> str:
    body = attempt.body.format(
        secret=outside.secret,
        given=outside.given,
        trap=outside.trap,
        outside=outside.folder.parent,
        path_socket=outside.path_socket,
        port=outside.port,
        parent=os.getpid(),
    )
    return PRELUDE.replace("{body}", "\n".join("    " + line for line in body.splitlines()))


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.name)
def test_nobody_leaves_the_sandbox(attempt: Attempt, run_python: Callable[..., str], outside: Outside) -> None:
    printed = run_python(code_of(attempt, outside))

    assert "escaped" not in printed
    assert "Operation not permitted" in printed or "Permission denied" in printed or printed == ""
    assert outside.secret.read_text() == "do-not-tell"
    assert outside.given.read_text() == "the original"
    assert {path.name for path in outside.folder.parent.iterdir()} == {"folder", "secret", "given"}
    assert not [path for path in outside.folder.iterdir() if path.is_symlink() and path != outside.trap]


@pytest.mark.parametrize("attempt", [each for each in ATTEMPTS if each.control], ids=lambda attempt: attempt.name)
def test_without_it_everybody_would(attempt: Attempt, run_python: Callable[..., str], outside: Outside) -> None:
    if attempt in KERNEL and "Seccomp:\t0" not in Path("/proc/self/status").read_text():
        pytest.skip("a container that refuses it by itself")

    assert "escaped" in run_python(code_of(attempt, outside), sandbox=programs.OFF)


def test_there_are_many_attempts() -> None:
    assert len({attempt.name for attempt in ATTEMPTS}) == len(ATTEMPTS) >= 30


LIMITED = {
    "ten gigabytes of memory": ("bytearray(10**10)", {}, "memory"),
    "ten gigabytes of shared memory": ("import mmap; mmap.mmap(-1, 10**10)", {}, "memory"),
    "thinking without end": ("while True: pass", {"cpu_s": 1}, "cpu"),
    "a hundred gigabytes in a file": (
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_DFL); open('large', 'w').truncate(10**11)",
        {},
        "file",
    ),
    "many small files": (
        "import time\nfor n in range(400): open(str(n), 'w').close()\ntime.sleep(20)",
        {"output_files": 300},
        "output",
    ),
    "many large files": (
        "import os, time\nfor n in range(9): open(str(n), 'wb').write(os.urandom(10**6))\ntime.sleep(20)",
        {"output_bytes": 5 * 10**6},
        "output",
    ),
    "talking without end": ("while True: print('x' * 100_000)", {}, "printed"),
}


@pytest.mark.parametrize("name", LIMITED)
def test_whoever_wants_too_much_is_stopped_and_it_is_told_what(name: str, run_python: Callable[..., str]) -> None:
    code, changed, limit = LIMITED[name]

    with pytest.raises(programs.ProgramOverLimit) as caught:
        run_python(code, limits=Limits(**{"cpu_s": 10, "memory_bytes": 512 * 1024**2, "file_bytes": 10**6} | changed))

    assert caught.value.limit == limit


def test_files_and_threads_are_few(run_python: Callable[..., str]) -> None:
    files = run_python("import os\ntry:\n    while True: n = os.dup(1)\nexcept OSError: print(n)")
    threads = run_python(
        "import threading\nrest = threading.Event()\nn = 0\ntry:\n    while True:\n"
        "        threading.Thread(target=rest.wait, daemon=True).start(); n += 1\n"
        "except RuntimeError: print(n, flush=True)\nimport os; os._exit(0)"
    )

    assert int(files) < 256
    assert 1 <= int(threads) <= 512 // 4


def test_what_others_see_of_a_confined_program(
    run_python: Callable[..., str], outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No capabilities, no way back, no secret, no open door: read from outside, where nothing can be pretended."""
    monkeypatch.setenv("SECRET_KEY", "do-not-tell")
    seen: dict[str, Any] = {}

    def look(line: str) -> None:
        place = Path("/proc") / line.strip()
        status = dict(row.split(":", 1) for row in (place / "status").read_text().splitlines())
        seen.update({name: status[name].strip() for name in ("CapEff", "CapPrm", "CapInh", "NoNewPrivs", "Seccomp")})
        seen["doors"] = sorted(path.name for path in (place / "fd").iterdir())
        seen["environment"] = (place / "environ").read_bytes()
        seen["network"] = os.readlink(place / "ns" / "net")
        raise StopIteration

    with pytest.raises(StopIteration):
        run_python("import os, time; print(os.getpid(), flush=True); time.sleep(20)", on_line=look)

    # Root keeps the right to files of other owners, inside what Landlock allows; nobody else has any.
    kept = f"{1 << guard.CAP_DAC_OVERRIDE if os.geteuid() == 0 else 0:016x}"
    assert (seen["CapEff"], seen["CapPrm"], seen["CapInh"]) == (kept, kept, "0" * 16)
    assert (seen["NoNewPrivs"], seen["Seccomp"]) == ("1", "2")
    assert seen["doors"] == ["0", "1", "2"]
    assert b"do-not-tell" not in seen["environment"]
    if _may_leave_the_network():
        assert seen["network"] != os.readlink("/proc/self/ns/net")


def _may_leave_the_network() -> bool:
    """Whether this machine lets a child of ours have a network of its own."""
    child = os.fork()
    if child == 0:
        flags = guard.CLONE_NEWNET | (0 if os.geteuid() == 0 else guard.CLONE_NEWUSER)
        os._exit(0 if ctypes.CDLL(None).unshare(flags) == 0 else 1)
    return os.waitpid(child, 0)[1] == 0


def test_ffmpeg_itself_reads_and_writes_only_where_it_may(settings: Any, outside: Outside) -> None:
    settings.MEDIA_SANDBOX = programs.REQUIRED
    raw = ("-v", "error", "-f", "rawvideo", "-s", "1x1", "-pix_fmt", "gray")

    def run(*arguments: str) -> None:
        programs.run("ffmpeg", [*raw, *arguments], folder=outside.folder, timeout_s=30, reads=(outside.given,))

    run("-i", str(outside.given), "-c", "copy", "-f", "rawvideo", "taken")
    assert (outside.folder / "taken").read_text() == "the original"
    for refused in (
        ("-i", str(outside.secret), "-c", "copy", "-f", "rawvideo", "stolen"),
        ("-i", str(outside.given), "-c", "copy", "-f", "rawvideo", str(outside.folder.parent / "new")),
        ("-i", str(outside.given), "-c", "copy", "-f", "rawvideo", f"tcp://127.0.0.1:{outside.port}"),
    ):
        with pytest.raises(programs.ProgramFailed) as caught:
            run(*refused)
        assert "not permitted" in caught.value.tail or "ermission denied" in caught.value.tail
    settings.MEDIA_SANDBOX = programs.OFF
    run("-i", str(outside.secret), "-c", "copy", "-f", "rawvideo", "stolen")
    assert (outside.folder / "stolen").read_text() == "do-not-tell"


def test_without_a_sandbox_nothing_runs_where_one_is_required(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    programs._sandbox.cache_clear()
    try:
        settings.MEDIA_SANDBOX = programs.REQUIRED
        with pytest.raises(programs.SandboxMissing):
            programs.run("ffmpeg", ["-version"], folder=tmp_path, timeout_s=30)
        settings.MEDIA_SANDBOX = programs.WHERE_POSSIBLE
        assert "ffmpeg version" in programs.run("ffmpeg", ["-version"], folder=tmp_path, timeout_s=30)
    finally:
        programs._sandbox.cache_clear()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"filter": "ff" * 8}, "seccomp"),
        ({"paths": [["/nowhere/at/all", 1]]}, "/nowhere/at/all"),
        ({"ruleset": [1 << 63, 0, 0]}, "landlock"),
    ],
)
def test_a_fence_that_cannot_be_raised_keeps_the_program_from_starting(changed: dict[str, Any], told: str) -> None:
    sound = {"ruleset": [0x1FFF, 0, 0], "paths": [["/", 0x1FFF]], "filter": "0600000000000000"}
    plan = {
        "limits": {**asdict(LIMITS), "stack_bytes": 2**22},
        "confinement": {**sound, **changed},
    }
    command = [sys.executable, "-I", "-S", str(programs.GUARD), json.dumps(plan), "/bin/echo", "began"]

    done = subprocess.run(command, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (guard.REFUSED, "")
    assert done.stderr.startswith("guard: ") and told in done.stderr


def test_a_file_that_is_gone_is_told_before_anything_starts(settings: Any, tmp_path: Path) -> None:
    began = time.monotonic()

    with pytest.raises(FileNotFoundError):
        programs.run("ffmpeg", ["-version"], folder=tmp_path, timeout_s=30, reads=(tmp_path / "gone",))

    assert time.monotonic() - began < 5
