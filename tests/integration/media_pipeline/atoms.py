"""The boxes of MP4 and QuickTime files, so far as tests change them."""

import struct
from collections.abc import Callable

HOLDERS = (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"stbl")


def atom(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), name) + content


class Atoms:
    """A film whose boxes are changed; it must have `moov` behind `mdat`, so that no picture moves."""

    def __init__(self, content: bytes) -> None:
        assert content.index(b"mdat") < content.index(b"moov")
        self.content = content

    def replaced(self, name: bytes, new: Callable[[bytes], bytes]) -> bytes:
        """With every box of this name replaced; sizes of the boxes around it follow."""
        changed = _replaced(self.content, name, new)
        assert changed != self.content
        return changed

    def filled(self, name: bytes, noise: Callable[[int], bytes]) -> bytes:
        """With other content of the same length."""
        return self.replaced(name, lambda old: old[:8] + noise(len(old) - 8))


def _replaced(content: bytes, wanted: bytes, new: Callable[[bytes], bytes]) -> bytes:
    found, at = [], 0
    while at < len(content):
        size, name = struct.unpack_from(">I4s", content, at)
        assert size >= 8
        whole = content[at : at + size]
        if name == wanted:
            whole = new(whole)
        elif name in HOLDERS:
            whole = atom(name, _replaced(whole[8:], wanted, new))
        found.append(whole)
        at += size
    return b"".join(found)
