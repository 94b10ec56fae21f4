"""Files that attack: each is made here, from nothing but text, bytes, and a small good film.

`CORPUS` lists them with what must become of each. A `Workshop` says what they may aim at: a canary, which is a film and
a text that nobody may read, and a port on which somebody listens.
"""

import gzip
import io
import random
import struct
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .atoms import Atoms, atom

CANARY = "canary-7d1f0c"
CANARY_SIZE = "144x112"
"""No other film of these tests has these sides: whoever reports them has read the canary."""


@dataclass(frozen=True)
class Workshop:
    """What a hostile file is made with, and what it aims at."""

    folder: Path
    ffmpeg_path: str
    film: Path
    canary_film: Path
    canary_text: Path
    port: int

    def ffmpeg(self, *arguments: str, name: str) -> bytes:
        """What ffmpeg writes for these arguments."""
        path = self.folder / name
        command = [self.ffmpeg_path, "-v", "error", "-y", *arguments, str(path)]
        subprocess.run(command, check=True, capture_output=True)
        return path.read_bytes()

    def pictures(self, name: str, *coding: str, size: str = "64x48", rate: str = "10", seconds: float = 1.5) -> bytes:
        """A film without sound."""
        source = f"color=c=gray:s={size}:r={rate}:d={seconds}"
        return self.ffmpeg("-f", "lavfi", "-i", source, *(coding or ("-c:v", "mpeg4")), name=name)

    def recoded(self, name: str, *arguments: str) -> bytes:
        """The good film, put or coded into something else."""
        return self.ffmpeg("-i", str(self.film), *arguments, name=name)


@dataclass(frozen=True)
class Hostile:
    """`reasons` empty: it is harmless, and becomes a lesson like any other film."""

    name: str
    content: Callable[[Workshop], bytes]
    reasons: tuple[str, ...]
    file_name: str = "film.mp4"


def text(template: str) -> Callable[[Workshop], bytes]:
    """A text in which {canary}, {secret} and {port} stand for what it aims at."""

    def make(shop: Workshop) -> bytes:
        return template.format(canary=shop.canary_film, secret=shop.canary_text, port=shop.port).encode()

    return make


def hls(*lines: str) -> Callable[[Workshop], bytes]:
    head = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:9", "#EXT-X-MEDIA-SEQUENCE:0"]
    return text("\n".join([*head, *lines, "#EXT-X-ENDLIST", ""]))


def dash(address: str) -> Callable[[Workshop], bytes]:
    return text(
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT9S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period>'
        '<AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1" width="64" height="48">'
        f"<BaseURL>{address}</BaseURL></Representation></AdaptationSet></Period></MPD>"
    )


LISTS = [
    Hostile("hls of a local film", hls("#EXTINF:9,", "file://{canary}"), ("not_media",), "film.m3u8"),
    Hostile("hls of a local text", hls("#EXTINF:9,", "{secret}"), ("not_media",)),
    Hostile("hls of an address", hls("#EXTINF:9,", "http://127.0.0.1:{port}/hls.ts"), ("not_media",)),
    Hostile("hls of a device", hls("#EXTINF:9,", "/dev/zero"), ("not_media",)),
    Hostile("hls of standard input", hls("#EXTINF:9,", "pipe:0"), ("not_media",)),
    Hostile(
        "hls whose key is an address",
        hls('#EXT-X-KEY:METHOD=AES-128,URI="http://127.0.0.1:{port}/key"', "#EXTINF:9,", "{canary}"),
        ("not_media",),
    ),
    Hostile(
        "hls whose first bytes are a local file",
        hls('#EXT-X-MAP:URI="{secret}"', "#EXTINF:9,", "{canary}"),
        ("not_media",),
    ),
    Hostile(
        "hls that sends one file after another",
        hls("#EXTINF:9,", "concat:http://127.0.0.1:{port}/head.m3u8|{secret}"),
        ("not_media",),
    ),
    Hostile("hls of part of a file", hls("#EXTINF:9,", "subfile,,start,0,end,64,,:{secret}"), ("not_media",)),
    Hostile("hls inside a data address", hls("#EXTINF:9,", "data:text/plain,#EXTM3U"), ("not_media",)),
    Hostile(
        "hls of lists",
        hls("#EXT-X-STREAM-INF:BANDWIDTH=1", "http://127.0.0.1:{port}/list.m3u8"),
        ("not_media",),
    ),
    Hostile(
        "hls with sound elsewhere",
        hls(
            '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",URI="http://127.0.0.1:{port}/sound.m3u8"',
            '#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"',
            "{canary}",
        ),
        ("not_media",),
    ),
    Hostile("hls after a byte order mark", lambda shop: b"\xef\xbb\xbf" + LISTS[0].content(shop), ("not_media",)),
    Hostile("hls under the name of an avi", hls("#EXTINF:9,", "file://{canary}"), ("not_media",), "film.avi"),
    Hostile("concat of a local film", text("ffconcat version 1.0\nfile '{canary}'\n"), ("not_media",), "a.ffconcat"),
    Hostile("concat of an address", text("ffconcat version 1.0\nfile 'http://127.0.0.1:{port}/c'\n"), ("not_media",)),
    Hostile("concat of a device", text("ffconcat version 1.0\nfile '/dev/urandom'\n"), ("not_media",)),
    Hostile("concat of another process", text("ffconcat version 1.0\nfile '/proc/1/environ'\n"), ("not_media",)),
    Hostile(
        "concat that opens all protocols",
        text("ffconcat version 1.0\nfile 'http://127.0.0.1:{port}/c'\noption protocol_whitelist http,tcp,file\n"),
        ("not_media",),
    ),
    Hostile("dash of a local film", dash("file://{canary}"), ("not_media",), "film.mpd"),
    Hostile("dash of an address", dash("http://127.0.0.1:{port}/dash.mp4"), ("not_media",), "film.mpd"),
    Hostile(
        "dash with an outer entity",
        text(
            '<?xml version="1.0"?><!DOCTYPE MPD [<!ENTITY x SYSTEM "file://{secret}">]>'
            '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period>&x;</Period></MPD>'
        ),
        ("not_media",),
        "film.mpd",
    ),
    Hostile(
        "xml that grows",
        text(
            '<?xml version="1.0"?><!DOCTYPE MPD [<!ENTITY a "aaaaaaaaaa">'
            + "".join(
                f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
            )
            + "]><MPD>&i;</MPD>"
        ),
        ("not_media",),
    ),
    Hostile(
        "sdp that listens",
        text("v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP 96\n"),
        ("not_media",),
        "film.sdp",
    ),
    Hostile(
        "sdp to everybody",
        text("v=0\no=- 0 0 IN IP4 239.1.1.1\ns=x\nc=IN IP4 239.1.1.1/32\nt=0 0\nm=video 5004 RTP/AVP 33\n"),
        ("not_media",),
        "film.sdp",
    ),
    Hostile("asf that redirects", text("[Reference]\r\nRef1=http://127.0.0.1:{port}/a.asf\r\n"), ("not_media",)),
    Hostile("asx", text('<asx><entry><ref href="http://127.0.0.1:{port}/a.wmv"/></entry></asx>'), ("not_media",)),
    Hostile("rtsp", text("rtsptextRTSP/1.0\r\nrtsp://127.0.0.1:{port}/a\r\n"), ("not_media",)),
    Hostile(
        "smil",
        text('<smil><body><video src="file://{canary}"/><ref src="http://127.0.0.1:{port}/"/></body></smil>'),
        ("not_media",),
    ),
    Hostile(
        "pictures in a drawing",
        text(
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
            '<image xlink:href="file://{secret}"/><image xlink:href="http://127.0.0.1:{port}/a.png"/></svg>'
        ),
        ("not_media",),
        "film.svg",
    ),
    Hostile(
        "index of subtitles",
        text("# VobSub index file, v7\nid: en, index: 0\n# {secret}\n"),
        ("not_media",),
        "film.idx",
    ),
    Hostile("subtitles", text("1\n00:00:00,000 --> 00:00:09,000\n{secret}\n"), ("not_media",), "film.srt"),
    Hostile("webvtt", text("WEBVTT\n\n00:00.000 --> 00:09.000\n{secret}\n"), ("not_media",), "film.vtt"),
    Hostile("styled subtitles", text("[Script Info]\nScriptType: v4.00+\n[Events]\n"), ("not_media",), "film.ass"),
]


def avi_with_a_playlist(shop: Workshop) -> bytes:
    """A good film, and beside it a "subtitle" stream whose content is a list of other files."""
    playlist = hls("#EXTINF:9,", "file://{canary}", "#EXTINF:9,", "http://127.0.0.1:{port}/gab2.ts")(shop)
    return _avi_with_subtitles(shop.recoded("a.avi", "-c:v", "mpeg4", "-an"), playlist)


def _avi_with_subtitles(film: bytes, content: bytes) -> bytes:
    name = "list.m3u8".encode("utf-16-le") + b"\0\0"
    packet = b"GAB2\0" + struct.pack("<HI", 2, len(name)) + name + struct.pack("<HI", 4, len(content)) + content
    packet += b"\0" * (len(packet) % 2)
    header = struct.pack(
        "<4s4sIHHIIIIIIII4H", b"txts", b"\0" * 4, 0, 0, 0, 0, 1, 1, 0, 1, len(packet), 0, 0, 0, 0, 0, 0
    )
    stream = _chunk(b"LIST", b"strl" + _chunk(b"strh", header) + _chunk(b"strf", b""))
    at = film.index(b"hdrl") - 8
    size = int.from_bytes(film[at + 4 : at + 8], "little")
    hdrl = bytearray(film[at + 8 : at + 8 + size])
    count = hdrl.index(b"avih") + 8 + 24
    hdrl[count : count + 4] = struct.pack("<I", 2)
    rest = film[at + 8 + size :]
    # The film's own index would hide the new packet; without one the packets are found one after the other.
    rest = rest[: rest.rindex(b"idx1")] if b"idx1" in rest else rest
    movi = rest.index(b"movi") - 8
    inner = rest[movi + 8 : movi + 8 + int.from_bytes(rest[movi + 4 : movi + 8], "little")]
    inner = inner[:4] + _chunk(b"01tx", packet) + inner[4:]
    body = b"AVI " + _chunk(b"LIST", bytes(hdrl) + stream) + rest[:movi] + _chunk(b"LIST", inner)
    return _chunk(b"RIFF", body)


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def mov_that_refers(kind: bytes, entry: Callable[[Workshop], bytes]) -> Callable[[Workshop], bytes]:
    """The good film, whose pictures are said to lie elsewhere."""

    def make(shop: Workshop) -> bytes:
        reference = atom(kind, struct.pack(">I", 0) + entry(shop))
        table = atom(b"dref", struct.pack(">II", 0, 1) + reference)
        return Atoms(shop.recoded("plain.mov", "-c", "copy")).replaced(b"dref", lambda _: table)

    return make


def _alias(shop: Workshop) -> bytes:
    """The record of an alias as QuickTime writes it: sizes, volume, folder, and the whole path as an entry."""
    path, name = str(shop.canary_film).encode(), shop.canary_film.name.encode()[:63]
    head = struct.pack(">4sHHH", b"\0" * 4, 0, 2, 0) + bytes([4]) + b"disk".ljust(27, b"\0")
    head += struct.pack(">I2sHI", 0, b"H+", 0, 0) + bytes([len(name)]) + name.ljust(63, b"\0")
    head += struct.pack(">II4s4shhI2s10s", 0, 0, b"MooV", b"TVOD", 0, 0, 0, b"\0\0", b"\0" * 10)
    entries = struct.pack(">HH", 2, len(path)) + path + b"\0" * (len(path) % 2) + struct.pack(">Hh", 0xFFFF, 0)
    return head + entries


def reference_movie(shop: Workshop) -> bytes:
    """A QuickTime film that is nothing but the address of another one."""
    address = f"http://127.0.0.1:{shop.port}/film.mov\0".encode()
    reference = atom(b"rdrf", struct.pack(">I4sI", 0, b"url ", len(address)) + address)
    return atom(b"ftyp", b"qt  \0\0\0\0qt  ") + atom(b"moov", atom(b"rmra", atom(b"rmda", reference)))


def with_attachment(shop: Workshop) -> bytes:
    return shop.recoded(
        "attached.mkv", "-c", "copy", "-attach", str(shop.canary_text), "-metadata:s:t", "mimetype=text/plain"
    )


REFERENCES = [
    Hostile("avi with a playlist inside", avi_with_a_playlist, (), "film.avi"),
    Hostile(
        "mov of an address",
        mov_that_refers(b"url ", lambda shop: f"http://127.0.0.1:{shop.port}/a\0".encode()),
        (),
        "film.mov",
    ),
    Hostile(
        "mov of a local film",
        mov_that_refers(b"url ", lambda shop: f"file://{shop.canary_film}\0".encode()),
        (),
        "film.mov",
    ),
    Hostile("mov of an alias", mov_that_refers(b"alis", _alias), ("damaged",), "film.mov"),
    Hostile("mov that is an address", reference_movie, ("no_video",), "film.mov"),
    Hostile("matroska with a file attached", with_attachment, (), "film.mkv"),
]

FORMATS = [
    Hostile("raw pictures", lambda shop: shop.pictures("a.mkv", "-c:v", "rawvideo"), ("video_codec_not_allowed",)),
    Hostile("lossless pictures", lambda shop: shop.pictures("b.mkv", "-c:v", "ffv1"), ("video_codec_not_allowed",)),
    Hostile("huffyuv", lambda shop: shop.pictures("c.avi", "-c:v", "huffyuv"), ("video_codec_not_allowed",)),
    Hostile("snow", lambda shop: shop.pictures("d.avi", "-c:v", "snow"), ("video_codec_not_allowed",)),
    Hostile(
        "pictures and sound of a kind that nobody has",
        lambda shop: shop.recoded("e.mkv", "-c:v", "ffv1", "-c:a", "dca", "-strict", "-2"),
        ("video_codec_not_allowed", "audio_codec_not_allowed"),
    ),
    Hostile(
        "lossless sound",
        lambda shop: shop.recoded("f.mkv", "-c:v", "copy", "-c:a", "tta"),
        ("audio_codec_not_allowed",),
    ),
    Hostile("nut", lambda shop: shop.pictures("g.nut", "-c:v", "mpeg4"), ("not_media",)),
    Hostile("moving gif", lambda shop: shop.pictures("h.gif", "-c:v", "gif"), ("not_media",)),
    Hostile("one of many pictures", lambda shop: shop.pictures("i.jpg", "-frames:v", "1"), ("not_media",), "%03d.jpg"),
    Hostile("bare h264", lambda shop: shop.recoded("j.h264", "-c:v", "copy", "-an"), ("not_media",)),
    Hostile("only sound", lambda shop: shop.recoded("k.mp4", "-c:a", "copy", "-vn"), ("no_video",)),
    Hostile("a wave", lambda shop: shop.recoded("l.wav", "-vn"), ("not_media",)),
    Hostile(
        "sound with a cover",
        lambda shop: shop.ffmpeg(
            *("-i", str(shop.film), "-f", "lavfi", "-i", "color=s=64x48:d=0.1:r=10", "-map", "0:a", "-map", "1:v"),
            *("-c:a", "copy", "-c:v", "mjpeg", "-frames:v", "1", "-disposition:v:0", "attached_pic"),
            name="m.mp4",
        ),
        ("no_video",),
    ),
]


def with_patch(content: bytes, before: bytes, after: bytes) -> bytes:
    assert content.count(before) >= 1 and len(before) == len(after)
    return content.replace(before, after)


def giant_jpegs(shop: Workshop) -> bytes:
    """Four gigapixels in a few kilobytes."""
    film = shop.pictures("n.avi", "-c:v", "mjpeg", size="64x48")
    film = with_patch(film, struct.pack(">HH", 48, 64) + b"\x03", struct.pack(">HH", 65500, 65500) + b"\x03")
    return with_patch(film, struct.pack("<ii", 64, 48), struct.pack("<ii", 65500, 65500))


def endless_avi(shop: Workshop) -> bytes:
    """Fifteen pictures of 4K that claim to be six hours of them, sixty a second."""
    film = shop.pictures("o.avi", "-c:v", "mjpeg", size="3840x2160", rate="60", seconds=0.1)
    at = film.index(b"strh") + 8 + 32
    return film[:at] + struct.pack("<I", 60 * 6 * 3600 - 60) + film[at + 4 :]


def long_mp4(shop: Workshop) -> bytes:
    """Two pictures, five hundred years apart."""
    film = shop.pictures("p.mkv", rate="1", seconds=3)
    at = film.index(b"\x44\x89\x88") + 3
    return film[:at] + struct.pack(">d", 1.6e13) + film[at + 8 :]


def tracks(number: int) -> Callable[[Workshop], bytes]:
    return lambda shop: shop.recoded("q.mkv", "-map", "0:v", *["-map", "0:a"] * number, "-c", "copy")


def many_samples(shop: Workshop) -> bytes:
    """A table that claims four thousand million pictures."""
    return Atoms(shop.recoded("r.mp4", "-c", "copy", "-an")).replaced(
        b"stsz", lambda _: atom(b"stsz", struct.pack(">III", 0, 0, 0xFFFFFFFF))
    )


def deep_atoms(shop: Workshop) -> bytes:
    inner = b""
    for _ in range(5000):
        inner = atom(b"moov", inner)
    return atom(b"ftyp", b"isom\0\0\2\0isom") + inner


SIZES = [
    Hostile(
        "a picture of 8K",
        lambda shop: shop.pictures("s.avi", "-c:v", "mjpeg", size="8192x4320", rate="1", seconds=1),
        ("picture_too_large",),
    ),
    Hostile("a picture of four gigapixels", giant_jpegs, ("damaged",)),
    Hostile("a tiny picture", lambda shop: shop.pictures("t.mp4", size="16x16"), ("picture_too_small",)),
    Hostile("a strip", lambda shop: shop.pictures("u.avi", "-c:v", "mpeg4", size="4000x8"), ("picture_too_small",)),
    Hostile("a blink", lambda shop: shop.pictures("v.mp4", seconds=0.4), ("too_short",)),
    Hostile("seven hours", lambda shop: shop.pictures("w.mkv", rate="1/600", seconds=25_200), ("too_long",)),
    Hostile("five hundred years", long_mp4, ("too_long",)),
    Hostile(
        "twelve hundred pictures a second",
        lambda shop: shop.pictures("x.mp4", size="32x32", rate="1200", seconds=1.05),
        ("too_costly",),
    ),
    Hostile("six hours of 4K in a megabyte", endless_avi, ("too_costly",), "film.avi"),
    Hostile("twenty tracks", tracks(20), ("too_many_streams",), "film.mkv"),
    Hostile("a hundred tracks", tracks(100), ("too_many_streams",), "film.mkv"),
    Hostile(
        "sixteen channels",
        lambda shop: shop.recoded("y.mov", "-c:v", "copy", "-c:a", "pcm_s16le", "-ac", "16"),
        ("sound_unusual",),
        "film.mov",
    ),
    Hostile(
        "sound for bats",
        lambda shop: shop.recoded("z.mkv", "-c:v", "copy", "-c:a", "pcm_s16le", "-ar", "384000"),
        ("sound_unusual",),
        "film.mkv",
    ),
    Hostile("four thousand million samples", many_samples, ("not_media",)),
    Hostile("five thousand boxes in each other", deep_atoms, ("not_media",)),
    Hostile(
        "a box larger than the world",
        lambda shop: (
            atom(b"ftyp", b"isom\0\0\2\0isom") + struct.pack(">I4sQ", 1, b"moov", 2**63 - 1) + shop.film.read_bytes()
        ),
        ("damaged",),
    ),
    Hostile(
        "an element larger than the world",
        lambda shop: with_patch(
            shop.recoded("aa.mkv", "-c", "copy"), b"\x16\x54\xae\x6b", b"\x16\x54\xae\x6b"[:3] + b"\x6c"
        ),
        ("no_video",),
        "film.mkv",
    ),
]


def zipped(shop: Workshop) -> bytes:
    """Twenty megabytes of nothing."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("film.mp4", b"\0" * 20_000_000)
    return target.getvalue()


def tarred(shop: Workshop) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        archive.add(shop.film, "../../film.mp4")
        link = tarfile.TarInfo("secret")
        link.type, link.linkname = tarfile.SYMTYPE, str(shop.canary_text)
        archive.addfile(link)
    return target.getvalue()


BYTES = [
    Hostile("one byte", lambda shop: b"\0", ("not_media",)),
    Hostile("a text", text("only a note"), ("not_media",)),
    Hostile("nothing but zeros", lambda shop: b"\0" * 1_000_000, ("not_media",)),
    Hostile("noise", lambda shop: random.Random(8).randbytes(300_000), ("not_media",)),
    Hostile("zip bomb", zipped, ("not_media",)),
    Hostile("gzip bomb", lambda shop: gzip.compress(b"\0" * 10_000_000), ("not_media",), "film.mp4.gz"),
    Hostile("an archive that climbs", tarred, ("not_media",)),
    Hostile("a program", lambda shop: b"\x7fELF\x02\x01\x01" + b"\0" * 4000, ("not_media",)),
    Hostile("a script", text("#!/bin/sh\ncat {secret}\n"), ("not_media",), "film.sh"),
    Hostile("a page", text("<html><script>alert(1)</script><video src='file://{canary}'>"), ("not_media",)),
    Hostile("a picture before the film", lambda shop: jpeg(shop) + shop.film.read_bytes(), ("not_media",)),
    Hostile("an archive behind the film", lambda shop: shop.film.read_bytes() + zipped(shop)[-3000:], ()),
    Hostile("without its end", lambda shop: shop.film.read_bytes()[:-200], ("not_media",)),
    Hostile("only its head", lambda shop: shop.film.read_bytes()[:48], ("not_media",)),
    Hostile(
        "noise in a good box",
        lambda shop: Atoms(shop.recoded("ab.mp4", "-c", "copy", "-an")).filled(b"mdat", random.Random(9).randbytes),
        ("damaged",),
    ),
    Hostile("empty packets", lambda shop: (b"\x47\x1f\xff\x10" + b"\xff" * 184) * 2000, ("not_media",), "film.ts"),
    Hostile("flash with noise", lambda shop: b"FLV\1\5\0\0\0\x09" + random.Random(7).randbytes(50_000), ("not_media",)),
]


def jpeg(shop: Workshop) -> bytes:
    return shop.pictures("ac.jpg", "-frames:v", "1")


def good(shop: Workshop) -> bytes:
    return shop.film.read_bytes()


NAMES = [
    Hostile(f"under the name {name[:30]!r}", good, (), name)
    for name in (
        "-i",
        "--help",
        "-protocol_whitelist",
        "; rm -rf .",
        "$(touch here).mp4",
        "../../../etc/passwd",
        "..\\..\\windows\\system.ini",
        "/dev/zero",
        "a\0b.mp4",
        "a\nb\r.mp4",
        "concat:a|b.mp4",
        "http://127.0.0.1:1/a.mp4",
        "pipe:0",
        "%03d.png",
        "\u202egnp.mp4",
        "长" * 3000 + ".mp4",
    )
]

CORPUS = [*LISTS, *REFERENCES, *FORMATS, *SIZES, *BYTES, *NAMES]
