"""The history of results: one JSON file a run in bench/results, with the machine and the versions it was made with."""

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"
PAGE = os.sysconf("SC_PAGE_SIZE")


def machine() -> dict[str, Any]:
    """What every figure depends on."""
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * PAGE / 2**30),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def servers() -> dict[str, Any]:
    """What figures of the web depend on besides; asks the database, so the servers must be up."""
    import django
    import uvicorn
    from django.db import connection

    return {
        "django": django.get_version(),
        "uvicorn": uvicorn.__version__,
        "postgresql": connection.pg_version,
    }


def keep(name: str, *, with_servers: bool = True, **told: Any) -> None:
    """Write bench/results/<name>-<moment>.json: the machine, and what is told."""
    at = datetime.now(UTC)
    target = RESULTS / f"{name}-{at:%Y%m%d-%H%M%S}.json"
    target.parent.mkdir(exist_ok=True)
    known = {**machine(), **(servers() if with_servers else {})}
    kept = {"at": at.isoformat(), "machine": known, **told}
    target.write_text(json.dumps(kept, indent=1, ensure_ascii=False, default=str) + "\n")
    print(f"kept in bench/results/{target.name}", flush=True)
