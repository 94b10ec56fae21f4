"""Lists every text that users see and that has no good Chinese translation, and translations that nothing uses; needs
no GNU gettext.

The texts are read from the Python files (with Babel) and from the templates (with Django's own lexer); English needs
no catalogue, because the texts are English. Ends with status 1 if there is a gap.
"""

import ast
import re
import sys
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.translation.template import templatize

BASE = Path(__file__).resolve().parent.parent
ROOTS = ("lms", "courses", "media_pipeline")
CATALOGUE = BASE / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")

KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {}
for suffix in ("", "_lazy", "_noop"):
    KEYWORDS["gettext" + suffix] = None
    KEYWORDS["ngettext" + suffix] = (1, 2)
    KEYWORDS["pgettext" + suffix] = ((1, "c"), 2)
    KEYWORDS["npgettext" + suffix] = ((1, "c"), 2, 3)

STRING = r"""u?("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
# templatize() turns a template into such calls, with everything else blanked out.
CALL = re.compile(rf"\b(n?p?gettext|_)\(\s*{STRING}(?:\s*,\s*{STRING})?(?:\s*,\s*{STRING})?")

Key = tuple[str | None, str]  # context, text


def main() -> int:
    settings.configure(USE_I18N=True)
    wanted: dict[Key, str] = {}
    for root in ROOTS:
        for path in sorted((BASE / root).rglob("*")):
            found = _in_python(path) if path.suffix == ".py" else _in_template(path) if _is_template(path) else ()
            for line, key in found:
                wanted.setdefault(key, f"{path.relative_to(BASE)}:{line}")
    catalogue = Catalog()
    if CATALOGUE.is_file():
        with CATALOGUE.open("rb") as file:
            catalogue = read_po(file, locale="zh_Hans")
    gaps = [f"{place}: {fault}: {key[1]!r}" for key, place in wanted.items() if (fault := _fault(catalogue, key))]
    gaps += [f"{CATALOGUE.relative_to(BASE)}: used nowhere: {text!r}" for _context, text in _unused(catalogue, wanted)]
    print("\n".join(sorted(gaps)) if gaps else f"{len(wanted)} texts, each with its translation")
    return 1 if gaps else 0


def _is_template(path: Path) -> bool:
    return path.suffix in {".html", ".txt", ".xml"} and "templates" in path.parts


def _in_python(path: Path) -> Iterator[tuple[int, Key]]:
    for line, text, _comments, context in extract_from_file("python", path, keywords=_keywords(path)):
        first = text if isinstance(text, str) else text[0]
        yield line, (context, first)


def _keywords(path: Path) -> dict[str, Any]:
    """How this file calls the functions that translate: under their own names, or as its imports rename them."""
    imports = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom))
    names = [name for node in imports if node.module == "django.utils.translation" for name in node.names]
    return {name.asname or name.name: KEYWORDS[name.name] for name in names if name.name in KEYWORDS}


def _in_template(path: Path) -> Iterator[tuple[int, Key]]:
    source = templatize(path.read_text(encoding="utf-8"), origin=str(path))
    for call in CALL.finditer(source):
        words = [ast.literal_eval(one) for one in call.groups()[1:] if one is not None]
        has_context = "p" in call[1].removesuffix("gettext")
        context, text = (words[0], words[1]) if has_context else (None, words[0])
        yield source.count("\n", 0, call.start()) + 1, (context, text)


def _unused(catalogue: Catalog, wanted: Container[Key]) -> list[Key]:
    """Texts of the catalogue that nobody sees. Scripts hold no words, so whatever is read nowhere is used nowhere."""
    texts = ((each.context, each.id if isinstance(each.id, str) else each.id[0]) for each in catalogue)
    return [key for key in texts if key[1] and key not in wanted]


def _fault(catalogue: Catalog, key: Key) -> str | None:
    context, text = key
    message: Message | None = catalogue.get(text, context)
    if message is None:
        return "missing"
    if message.fuzzy:
        return "fuzzy"
    translations = [message.string] if isinstance(message.string, str) else list(message.string)
    if not all(translations):
        return "not translated"
    known = set(PLACEHOLDER.findall(text if isinstance(message.id, str) else " ".join(message.id)))
    if any(set(PLACEHOLDER.findall(one)) - known for one in translations):
        return "names a value that the text does not have"
    return None


if __name__ == "__main__":
    sys.exit(main())
