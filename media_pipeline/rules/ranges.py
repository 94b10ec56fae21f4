"""Which part of a file answers a request: conditions and byte ranges of HTTP (RFC 9110, 13 and 14).

One range is served; several at once, units that are not bytes, and what is no range at all are left aside as the
standard allows, and the whole is sent. Header names are written small. No file is touched here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final

WHOLE, PART, UNCHANGED, CHANGED, OUTSIDE = 200, 206, 304, 412, 416
_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


@dataclass(frozen=True)
class Facts:
    """A file as it lies there: `etag` with its quotes, and strong; `modified_s` since 1970."""

    size: int
    etag: str
    modified_s: int


@dataclass(frozen=True)
class Part:
    """What is sent: `length` bytes from `first`. Nothing of them when the status is 304, 412 or 416."""

    status: int
    first: int = 0
    length: int = 0

    def content_range(self, size: int) -> str:
        return f"bytes {self.first}-{self.first + self.length - 1}/{size}"


def part_for(method: str, headers: Mapping[str, str], facts: Facts) -> Part:
    """The answer to GET or HEAD. Only a GET has ranges (RFC 9110, 14.2)."""
    if _was_changed(headers, facts):
        return Part(CHANGED)
    if _is_unchanged(headers, facts):
        return Part(UNCHANGED)
    asked = _RANGE.fullmatch(headers.get("range", "").replace(" ", "")) if method == "GET" else None
    if asked is None or asked.group(0) == "bytes=-" or not _is_of_this_file(headers.get("if-range"), facts):
        return Part(WHOLE, 0, facts.size)
    return _bounds(asked, facts.size)


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether a reader takes gzip: named, or by `*`, with a weight above nothing (RFC 9110, 12.5.3)."""
    weights: dict[str, float] = {}
    for each in accept_encoding.lower().split(","):
        coding, _, weight = each.replace(" ", "").replace("\t", "").partition(";q=")
        try:
            weights[coding] = float(weight or 1)
        except ValueError:
            weights[coding] = 0.0
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def is_known(tags: str, etag: str) -> bool:
    """Whether a list of If-None-Match names this ETag; strong or weak is all the same there."""
    return "*" in tags.split() or etag in {tag.strip().removeprefix("W/") for tag in tags.split(",")}


def _bounds(asked: re.Match[str], size: int) -> Part:
    start, end = asked.groups()
    if start == "":
        length = min(int(end), size)
        return Part(PART, size - length, length) if length else Part(OUTSIDE)
    first, last = int(start), min(int(end), size - 1) if end else size - 1
    return Part(PART, first, last - first + 1) if first <= last else Part(OUTSIDE)


def _was_changed(headers: Mapping[str, str], facts: Facts) -> bool:
    wanted = headers.get("if-match")
    if wanted is not None:
        return wanted.strip() != "*" and facts.etag not in {tag.strip() for tag in wanted.split(",")}
    moment = _seconds(headers.get("if-unmodified-since"))
    return moment is not None and facts.modified_s > moment


def _is_unchanged(headers: Mapping[str, str], facts: Facts) -> bool:
    known = headers.get("if-none-match")
    if known is not None:
        return is_known(known, facts.etag)
    moment = _seconds(headers.get("if-modified-since"))
    return moment is not None and facts.modified_s <= moment


def _is_of_this_file(condition: str | None, facts: Facts) -> bool:
    """A weak tag never is: bytes of two files must not be put together."""
    if condition is None or condition.strip() == facts.etag:
        return True
    return _seconds(condition) == facts.modified_s


def _seconds(date: str | None) -> int | None:
    """An HTTP date in seconds since 1970; None for none and for what is no date, which then asks nothing."""
    if date is None or not date.strip().endswith("GMT"):
        return None
    try:
        return int(parsedate_to_datetime(date).timestamp())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
