"""Loads a program of bin/ as a module; bin is no package."""

import importlib.util
from pathlib import Path
from types import ModuleType

BIN = Path(__file__).resolve().parent.parent.parent.parent / "bin"


def program(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"bin_{name}", BIN / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
