"""What `make run` prints when the demo is served: the address and the demo people, in Chinese and English."""

import unicodedata
from pathlib import Path

DEMO_PASSWORD = "xueshi-demo-2026"
DEMO_PEOPLE = (
    ("worker1 .. worker20", "学员 learners"),
    ("teacher", "教师 teacher"),
    ("institution", "培训机构 training institution"),
    ("reviewer", "教材审核 textbook reviewer"),
    ("examiner", "考评员 examiner"),
    ("authority", "监管部门 authority"),
    ("admin", "管理员 administrator"),
)


def banner(port: int, logs: Path, took: str, *, demo: bool) -> str:
    lines = [
        "学时 Xueshi",
        "",
        f"网址 Address    http://127.0.0.1:{port}/",
    ]
    if demo:
        lines += [
            f"管理 Editing    http://127.0.0.1:{port}/admin/",
            "",
            f"演示账号 Demo people, 密码 password: {DEMO_PASSWORD}",
            *(f"  {_padded(name + '@demo.test', 32)}{role}" for name, role in DEMO_PEOPLE),
        ]
    lines += ["", f"日志 Logs       {logs}", f"按 Ctrl-C 停止 · Ctrl-C stops everything ({took})"]
    return boxed(lines)


def boxed(lines: list[str]) -> str:
    inside = max(_width(line) for line in lines)
    rows = [f"│ {_padded(line, inside)} │" for line in lines]
    return "\n".join(["", f"╭{'─' * (inside + 2)}╮", *rows, f"╰{'─' * (inside + 2)}╯"])


def _padded(line: str, width: int) -> str:
    return line + " " * (width - _width(line))


def _width(line: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in line)
