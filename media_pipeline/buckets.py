"""Media in a bucket of any storage that speaks S3: published files below `media/`, originals below `private/`.

Pages and playlists name our own addresses, as with a folder (lessons are frozen with the addresses of their pictures).
Asked for one, we send the reader on to the bucket with a signature that lives minutes, so the bytes pass no process of
ours and the bucket needs no public right.
"""

import threading
from typing import Any, Final

from botocore.client import BaseClient
from botocore.config import Config
from django.conf import settings
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage

from media_pipeline.limits import BUCKET_ADDRESS_S
from media_pipeline.storage import type_of

CONNECT_S_MAX, READ_S_MAX, TRIES_MAX = 5, 60, 4
"""A bucket that does not answer ends an attempt, which is made again later; nothing hangs on it for ever."""
MEMORY_BYTES_MAX: Final = 8 * 1024**2
"""A file that is read back lies on the disk above this; without it a lecture of gigabytes would lie in memory."""
FOR_EVER: Final = "private, max-age=31536000, immutable"


class Bucket(S3Storage):
    """Nothing is written over: two uploads of one name are two objects, as in a folder."""

    def __init__(self, *, addressing_style: str, **options: Any) -> None:
        config = Config(
            signature_version="s3v4",
            s3={"addressing_style": addressing_style},
            # Since botocore 1.36 uploads carry checksums of Amazon's own, which others refuse or miscount.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            connect_timeout=CONNECT_S_MAX,
            read_timeout=READ_S_MAX,
            retries={"mode": "standard", "max_attempts": TRIES_MAX},
        )
        super().__init__(
            **options,
            client_config=config,
            file_overwrite=False,
            max_memory_size=MEMORY_BYTES_MAX,
            querystring_expire=BUCKET_ADDRESS_S,
            default_acl=None,
        )
        self._signing: BaseClient | None = None
        self._lock = threading.Lock()

    def get_object_parameters(self, name: str) -> dict[str, str]:
        # The standard table calls .ts a translation file.
        return {**super().get_object_parameters(name), "ContentType": type_of(name)}

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_signing": None, "_lock": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._lock = threading.Lock()


class PublishedBucket(Bucket):
    """What viewers get, below `media/`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, location="media")

    def get_object_parameters(self, name: str) -> dict[str, str]:
        return {**super().get_object_parameters(name), "CacheControl": FOR_EVER}

    def url(self, name: str, *args: Any, **options: Any) -> str:
        """Our own address, which stays."""
        return str(settings.MEDIA_URL) + filepath_to_uri(name)

    def redirection(self, name: str, *, method: str, disposition: str | None) -> str:
        """Where the bucket itself gives this file for the next BUCKET_ADDRESS_S. Asks nobody whether it is there.

        SuspiciousOperation for a name that leads out of `media/`.
        """
        asked = {"Bucket": self.bucket_name, "Key": self._normalize_name(name)}
        if disposition:
            asked["ResponseContentDisposition"] = disposition
        return str(
            self._signer().generate_presigned_url(
                "head_object" if method == "HEAD" else "get_object", Params=asked, ExpiresIn=BUCKET_ADDRESS_S
            )
        )

    def _signer(self) -> BaseClient:
        """One client for all threads: making one takes a third of a second, and unlike sessions it may be shared."""
        with self._lock:
            if self._signing is None:
                self._signing = self.connection.meta.client
            return self._signing


class PrivateBucket(Bucket):
    """Originals and people's papers, below `private/`. They have no address."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, location="private")

    def url(self, name: str | None, *args: Any, **options: Any) -> str:
        raise ValueError("an original has no address")
