"""A tus client of a few lines, for the tests: what it sends is written out header by header."""

import base64
import hashlib
import uuid
from typing import Any

from django.test import Client

TUS = {"Tus-Resumable": "1.0.0"}
PART = "application/offset+octet-stream"


def metadata(**pairs: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items())


def sha256_of(content: bytes) -> str:
    return f"sha256 {base64.b64encode(hashlib.sha256(content).digest()).decode()}"


class Sender:
    """One logged-in person's uploads."""

    def __init__(self, person: Any = None, *, enforce_csrf_checks: bool = False) -> None:
        self.client = Client(enforce_csrf_checks=enforce_csrf_checks)
        if person is not None:
            self.client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")

    def begin(self, size: int | str, **pairs: str) -> Any:
        pairs = {"filename": "触电急救.mp4", **pairs}
        headers = {**TUS, "Upload-Length": str(size), "Upload-Metadata": metadata(**pairs)}
        return self.client.post("/uploads/", data=b"", content_type=PART, headers=headers)

    def begun(self, size: int, **pairs: str) -> str:
        """The address of a new upload."""
        response = self.begin(size, **pairs)
        assert response.status_code == 201, response.content
        return str(response["Location"])

    def patch(self, address: str, offset: int, content: bytes, **headers: str) -> Any:
        every = {**TUS, "Upload-Offset": str(offset), **{key.replace("_", "-"): text for key, text in headers.items()}}
        # The test client forgets the type of an empty body.
        return self.client.patch(address, data=content, content_type=PART, headers=every, CONTENT_TYPE=PART)

    def offset(self, address: str) -> int | None:
        response = self.client.head(address, headers=TUS)
        return int(response["Upload-Offset"]) if response.status_code == 200 else None

    def delete(self, address: str) -> Any:
        return self.client.delete(address, headers=TUS)

    def told(self, address: str) -> dict[str, Any]:
        response = self.client.get(address)
        assert response.status_code == 200, response.content
        told: dict[str, Any] = response.json()
        return told


def id_of(address: str) -> uuid.UUID:
    return uuid.UUID(address.strip("/").rpartition("/")[2])
