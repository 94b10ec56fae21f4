"""Small clips made by ffmpeg itself, storage of one's own, and three people.

Wanda may upload; Olga may see every video; Bob has no rights at all and must see nothing.
Imports of models stand inside the functions: pytest reads this file before Django is set up.
"""

import os
import subprocess
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from media_pipeline.models import Asset

AT = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)


def lacking(what: str) -> NoReturn:
    """Skip what this machine cannot show; with REQUIRE_SANDBOX that is a failure."""
    if os.environ.get("REQUIRE_SANDBOX"):
        pytest.fail(f"{what}, and REQUIRE_SANDBOX is set")
    pytest.skip(what)


@pytest.fixture
def sandbox() -> None:
    """For tests that mean nothing on a machine without one."""
    from media_pipeline import programs

    if (fault := programs.sandbox_fault()) is not None:
        lacking(f"no sandbox: {fault}")


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.PRIVATE_ROOT = tmp_path / "private"
    return tmp_path


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The wake-up calls that left, instead of a broker."""
    calls: list[str] = []

    def send_task(name: str, args: list[str], **options: object) -> None:
        calls.append(args[0])

    monkeypatch.setattr("media_pipeline.actions.waking.current_app.send_task", send_task)
    return calls


def person(email: str, *codenames: str) -> Any:
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group, Permission
    from wagtail.models import Collection, GroupCollectionPermission

    user = get_user_model().objects.create_user(email, "xueshi-test-2026")
    if codenames:
        user.user_permissions.set(Permission.objects.filter(codename="access_admin"))
        group = Group.objects.create(name=email)
        user.groups.add(group)
    for codename in codenames:
        GroupCollectionPermission.objects.create(
            group=group,
            collection=Collection.get_first_root_node(),
            permission=Permission.objects.get(codename=codename, content_type__app_label="media_pipeline"),
        )
    return user


@pytest.fixture
def wanda(db: None) -> Any:
    return person("wanda@media.test", "add_asset")


@pytest.fixture
def olga(db: None) -> Any:
    return person("olga@media.test", "view_asset")


@pytest.fixture
def bob(db: None) -> Any:
    return person("bob@media.test")


@pytest.fixture
def as_person(client: "Client") -> "Callable[[Any], Client]":
    """The client of somebody who is logged in and reads English."""

    def log_in(someone: Any) -> "Client":
        client.force_login(someone)
        client.cookies["django_language"] = "en"
        return client

    return log_in


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A clip of test pictures; `seconds`, `size` and whether it has sound."""
    from media_pipeline.programs import program_path

    folder = tmp_path_factory.mktemp("clips")

    def make(seconds: float = 9, size: str = "640x480", *, sound: bool = True) -> Path:
        path = folder / f"{seconds}-{size}-{sound}.mp4"
        if not path.exists():
            tone = ["-f", "lavfi", "-i", f"sine=d={seconds}"] if sound else []
            pictures = ["-f", "lavfi", "-i", f"testsrc=s={size}:r=25:d={seconds}"]
            coding = ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"]
            command = [program_path("ffmpeg"), "-v", "error", "-y", *pictures, *tone, *coding, str(path)]
            subprocess.run(command, check=True)
        return path

    return make


@pytest.fixture
def upload(wanda: Any) -> "Callable[..., Asset]":
    from django.core.files import File

    from media_pipeline.actions.uploads import upload_asset

    def do(path: Path, title: str = "Safe work on ladders") -> "Asset":
        with path.open("rb") as file:
            return upload_asset(by=wanda, at=AT, asset_uuid=uuid.uuid4(), title=title, file=File(file, path.name))

    return do


@pytest.fixture
def rows_only(upload: "Callable[..., Asset]", tmp_path: Path) -> "Asset":
    """An asset of which nothing but the rows is needed: no program could read its file."""
    path = tmp_path / "rows.mp4"
    path.write_bytes(b"rows only")
    return upload(path)
