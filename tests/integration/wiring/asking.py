"""Asks the ASGI application in this process over HTTP, from any address and with any headers."""

import httpx
from prometheus_client.parser import text_string_to_metric_families

from lms.wiring.operation import Application


async def ask(
    application: Application, path: str, *, client: str = "127.0.0.1", headers: dict[str, str] | None = None
) -> httpx.Response:
    transport = httpx.ASGITransport(application, client=(client, 40_000), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
        return await http.get(path, headers=headers)


def figures(text: str) -> dict[str, float]:
    """What a scrape tells, by the name and the labels of each figure."""
    return {
        sample.name + "".join(f" {value}" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
