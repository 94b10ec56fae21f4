"""How a text reaches a phone: handed to the installation's own gateway, or, without one, written into a folder.

Every provider of texts has a protocol of its own; the gateway is whatever speaks it and takes a POST of
`{"phone": "+86…", "text": "…"}` with `Authorization: Bearer XUESHI_SMS_TOKEN`, and answers 2xx when it took it over.
"""

import json
import os
import urllib.error
import urllib.request
import uuid
from http.client import HTTPException

from django.conf import settings
from django.views.decorators.debug import sensitive_variables

# Somebody waits for the page meanwhile.
TIMEOUT_SECONDS = 5


class TextNotSent(OSError):
    """The gateway did not take it over. The message names neither phone nor text."""


@sensitive_variables()
def send_text(phone: str, text: str) -> None:
    """Raises TextNotSent."""
    if not settings.SMS_URL:
        _put_down(phone, text)
        return
    request = urllib.request.Request(
        settings.SMS_URL,
        data=json.dumps({"phone": phone, "text": text}).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {settings.SMS_TOKEN}"},
    )
    try:
        # A status of 300 and above is an HTTPError already.
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):
            return
    except (OSError, HTTPException) as error:
        raise TextNotSent(type(error).__name__) from None


@sensitive_variables()
def _put_down(phone: str, text: str) -> None:
    """For a machine of one's own: a file that only its user reads, as letters lie in DATA_DIR/mail."""
    settings.SMS_FILE_PATH.mkdir(mode=0o700, exist_ok=True)
    path = settings.SMS_FILE_PATH / f"{uuid.uuid4()}.txt"
    with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(f"{phone}\n{text}\n")
