"""Typed access to the environment; the only place that reads os.environ.

A missing or malformed value ends the program with one sentence that names the variable, the value and what is
allowed. Without DATABASE_URL and REDIS_URL the addresses are those of the private servers of DATA_DIR
(servers.py starts them). Only the standard library is used here: this runs before anything else is known to work.
"""

from lms.env.addresses import (
    DATABASE_LIMITS,
    acts_as_owner,
    database_url,
    has_owner,
    owner_url,
    redis_url,
    runtime_role,
    runtime_url,
)
from lms.env.values import BadSetting, boolean, choice, data_dir, integer, is_given, kept, secret, text, words

__all__ = [
    "DATABASE_LIMITS",
    "BadSetting",
    "acts_as_owner",
    "boolean",
    "choice",
    "data_dir",
    "database_url",
    "has_owner",
    "integer",
    "is_given",
    "kept",
    "owner_url",
    "redis_url",
    "runtime_role",
    "runtime_url",
    "secret",
    "text",
    "words",
]
