"""Modules of the apps are imported inside the fixtures: a conftest is read before Django is set up."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _scrape_connection_closed() -> Iterator[None]:
    """The thread that asks the database keeps its connection; the test database must be free to go."""
    yield
    from django.db import connections

    from lms.wiring import scraping

    scraping._asker.submit(connections.close_all).result()
