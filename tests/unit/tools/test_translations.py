"""The check of translations finds every text that users see, and every way in which one can be missing."""

from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.catalog import Catalog

from tests.unit.tools.loading import program

TEMPLATE = """{% load i18n %}
<h1 title="{% translate 'A title' %}">{% translate "It's here" %}</h1>
{% blocktranslate trimmed count n=hours %}
  {{ n }} hour
{% plural %}
  {{ n }} hours
{% endblocktranslate %}
{{ _("In a variable") }} {% translate "May" context "month" %} {# translate "A comment" #}
"""
MODULE = """
from django.utils.translation import gettext_lazy as _, ngettext, pgettext_lazy
one = _("Plain")
two = ngettext("%(n)d seat", "%(n)d seats", n)
three = pgettext_lazy("month", "May")
"""


@pytest.fixture(scope="module")
def translations() -> ModuleType:
    return program("translations")


def test_it_finds_the_texts_of_a_template(translations: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(TEMPLATE)

    found = [key for _, key in translations._in_template(tmp_path / "page.html")]

    assert sorted(found, key=str) == sorted(
        [
            (None, "A title"),
            (None, "It's here"),
            (None, "%(n)s hour"),
            (None, "In a variable"),
            ("month", "May"),
        ],
        key=str,
    )


def test_it_finds_the_texts_of_a_module(translations: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(MODULE)

    found = [key for _, key in translations._in_python(tmp_path / "module.py")]

    assert found == [(None, "Plain"), (None, "%(n)d seat"), ("month", "May")]


def test_it_follows_the_name_that_a_module_gives_a_function(translations: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(
        'from django.utils.translation import gettext as _now\none = _now("Renamed")\ntwo = _("Somebody else\'s")\n'
    )

    assert [key for _, key in translations._in_python(tmp_path / "module.py")] == [(None, "Renamed")]


def test_it_names_what_nothing_uses(translations: ModuleType) -> None:
    catalogue = Catalog(locale="zh_Hans")
    catalogue.add("Used", "用")
    catalogue.add("May", "五月", context="month")
    catalogue.add("May", "可以")
    catalogue.add(("%(n)s seat", "%(n)s seats"), ("%(n)s 个座位",))

    assert translations._unused(catalogue, {(None, "Used"), (None, "%(n)s seat"), ("month", "May")}) == [(None, "May")]


def test_it_names_each_way_in_which_a_translation_is_missing(translations: ModuleType) -> None:
    catalogue = Catalog(locale="zh_Hans")
    catalogue.add("Good", "好")
    catalogue.add("Empty", "")
    catalogue.add("Doubtful", "可能", flags=["fuzzy"])
    catalogue.add("%(n)s hours", "%(m)s 学时")

    faults = {
        text: translations._fault(catalogue, (None, text))
        for text in ("Good", "Empty", "Doubtful", "%(n)s hours", "Other")
    }

    assert faults == {
        "Good": None,
        "Empty": "not translated",
        "Doubtful": "fuzzy",
        "%(n)s hours": "names a value that the text does not have",
        "Other": "missing",
    }
