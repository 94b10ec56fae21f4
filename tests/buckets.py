"""A bucket on loopback: moto's server, asked over HTTP by the same client as a real one, and by everybody else.

It does not check who asks, as a real one would: what the tests look at is what we ask for, and what comes back.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import httpx
from moto.server import ThreadedMotoServer

NAME = "xueshi-media"
REGION = "cn-north-1"


@dataclass(frozen=True)
class Bucket:
    endpoint: str

    def environment(self) -> dict[str, str]:
        """What xueshi.env would say."""
        return {
            "MEDIA_BUCKET": NAME,
            "MEDIA_ENDPOINT": self.endpoint,
            "MEDIA_REGION": REGION,
            "MEDIA_ADDRESSING": "path",
            "AWS_ACCESS_KEY_ID": "tests-of-xueshi",
            "AWS_SECRET_ACCESS_KEY": "not-a-secret",
        }

    def storages(self) -> dict[str, dict[str, Any]]:
        """STORAGES as settings.py makes them of it."""
        options = {
            "bucket_name": NAME,
            "endpoint_url": self.endpoint,
            "region_name": REGION,
            "addressing_style": "path",
            "access_key": "tests-of-xueshi",
            "secret_key": "not-a-secret",
        }
        return {
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
            "default": {"BACKEND": "media_pipeline.buckets.PublishedBucket", "OPTIONS": options},
            "private": {"BACKEND": "media_pipeline.buckets.PrivateBucket", "OPTIONS": options},
        }

    def client(self) -> Any:
        given = self.environment()
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
        )

    def names(self) -> set[str]:
        return {each["Key"] for each in self.client().list_objects_v2(Bucket=NAME).get("Contents", ())}


@contextlib.contextmanager
def bucket() -> Iterator[Bucket]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    found = Bucket(f"http://{host}:{port}")
    # Its buckets outlive a server of the same process.
    httpx.post(f"{found.endpoint}/moto-api/reset").raise_for_status()
    found.client().create_bucket(Bucket=NAME, CreateBucketConfiguration={"LocationConstraint": REGION})
    try:
        yield found
    finally:
        server.stop()
