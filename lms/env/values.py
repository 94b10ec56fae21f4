"""Readers for single variables: each gives a value of its type or ends the program with one sentence.

Surrounding blanks are dropped and an empty variable counts as not set, because `NAME= command` and an empty line in
an environment file are how people switch a variable off. The one exception in shape is `secret`: what is not given is
made once, at random, and kept in DATA_DIR/secrets.
"""

import os
import secrets
import tempfile
from pathlib import Path

SECRET_LENGTH_MIN = 32
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


class BadSetting(SystemExit):
    """The environment asks for something impossible; uncaught, it ends the program with its sentence and status 1."""


def _given(name: str) -> str | None:
    return os.environ.get(name, "").strip() or None


def is_given(name: str) -> bool:
    return _given(name) is not None


def text(name: str, *, default: str | None = None) -> str:
    value = _given(name)
    if value is not None:
        return value
    if default is None:
        raise BadSetting(f"{name} is not set; it must be some text.")
    return default


def words(name: str, *, default: list[str]) -> list[str]:
    """Values separated by commas or blanks, e.g. `ALLOWED_HOSTS=a.example,b.example`."""
    value = _given(name)
    return list(default) if value is None else value.replace(",", " ").split()


def choice(name: str, allowed: tuple[str, ...], *, default: str) -> str:
    value = _given(name) or default
    if value.lower() not in {each.lower() for each in allowed}:
        raise BadSetting(f"{name} is {value!r}; it must be one of {', '.join(allowed)}.")
    return next(each for each in allowed if each.lower() == value.lower())


def boolean(name: str, *, default: bool) -> bool:
    value = _given(name)
    if value is None:
        return default
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    raise BadSetting(f"{name} is {value!r}; it must be 1, true, yes or on, or 0, false, no or off.")


def integer(name: str, *, default: int, at_least: int | None = None, at_most: int | None = None) -> int:
    value = _given(name)
    if value is None:
        return default
    allowed = _bounds(at_least, at_most)
    # int() alone would also take "1_000", " 7" and digits of other scripts.
    if not value.removeprefix("-").isdecimal() or not value.isascii() or len(value) > 18:
        raise BadSetting(f"{name} is {value!r}; it must be a whole number{allowed}.")
    number = int(value)
    if (at_least is not None and number < at_least) or (at_most is not None and number > at_most):
        raise BadSetting(f"{name} is {value!r}; it must be a whole number{allowed}.")
    return number


def _bounds(at_least: int | None, at_most: int | None) -> str:
    if at_least is not None and at_most is not None:
        return f" from {at_least} to {at_most}"
    if at_least is not None:
        return f", at least {at_least}"
    if at_most is not None:
        return f", at most {at_most}"
    return ""


def data_dir(default: Path) -> Path:
    """The folder of all state, absolute and there. Everything that two processes share is found through it."""
    # Resolved, so that two spellings of one folder do not start two sets of servers.
    folder = Path(_given("DATA_DIR") or default).expanduser().resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadSetting(f"DATA_DIR is {str(folder)!r}; it must be a folder or creatable: {error.strerror}.") from None
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise BadSetting(f"DATA_DIR is {str(folder)!r}; it must be a folder that this user may write to.")
    return folder


def secret(name: str, data_dir: Path) -> str:
    """The variable, else a random value made once and kept in DATA_DIR/secrets/NAME, readable by its owner only."""
    value = _given(name)
    if value is not None:
        if len(value) < SECRET_LENGTH_MIN:
            raise BadSetting(f"{name} has {len(value)} characters; it must have at least {SECRET_LENGTH_MIN}.")
        return value
    return kept(data_dir / "secrets" / name, secrets.token_urlsafe(48))


def kept(path: Path, fresh: str) -> str:
    """What `path` holds; `fresh` is put there first if it does not exist. Two processes at once get the same answer."""
    try:
        value = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        _create_whole(path, fresh)
        value = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadSetting(f"{path} cannot be read: {error.strerror}.") from None
    if not value:
        # Making a new one silently would orphan everything the lost one protected.
        raise BadSetting(f"{path} is empty; restore it from a backup, or delete it to have a new value made.")
    return value


def _create_whole(path: Path, content: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content + "\n")
            file.flush()
            os.fsync(file.fileno())
        # A link appears whole or not at all, and never replaces what another process has made meanwhile.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(draft)
