"""Administrative division codes 行政区划代码: two places a level, a child's code begins with its parent's.

So "this region and all below" is a prefix, and an authority's reach is decided without walking a tree.
"""

LENGTH_MAX = 12


def code_reasons(code: str, *, parent_code: str | None) -> tuple[str, ...]:
    """Why `code` cannot be a region's (codes of reasons); empty when it can."""
    if not (code.isascii() and code.isdigit() and 2 <= len(code) <= LENGTH_MAX and len(code) % 2 == 0):
        return ("region_code_form",)
    if parent_code is not None and not (code.startswith(parent_code) and len(code) > len(parent_code)):
        return ("region_code_not_below_parent",)
    return ()


def covers(own_code: str, other_code: str) -> bool:
    """Does an authority of `own_code` reach `other_code`?"""
    return other_code.startswith(own_code)
