"""Addresses: the given ones, else those of the private servers; never a password in a complaint."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from lms import env
from lms.env.addresses import fits_a_socket


@pytest.fixture(autouse=True)
def _nothing_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.delenv("DATABASE_OWNER_URL", raising=False)
    monkeypatch.delenv("DATABASE_ROLE", raising=False)


def test_it_prefers_the_given_addresses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://a:b@db.example/x")
    monkeypatch.setenv("REDIS_URL", "rediss://cache.example:6379/3")

    assert env.database_url(tmp_path) == "postgres://a:b@db.example/x"
    assert env.redis_url(tmp_path) == "rediss://cache.example:6379/3"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("given", ["mysql://root:hunter2@db/x", "sqlite:///x", "db.example"])
def test_it_refuses_another_database_without_showing_a_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", given)

    with pytest.raises(env.BadSetting, match=r"^DATABASE_URL starts with .*; it must be postgres://") as refused:
        env.database_url(tmp_path)

    assert "hunter2" not in str(refused.value)


def test_it_refuses_another_broker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REDIS_URL", "amqp://guest:hunter2@mq/")

    with pytest.raises(env.BadSetting, match=r"^REDIS_URL starts with 'amqp'; it must be redis://"):
        env.redis_url(tmp_path)


def test_it_puts_the_socket_folder_into_the_address(tmp_path: Path) -> None:
    address = urlsplit(env.database_url(tmp_path))

    assert unquote(address.netloc.rpartition("@")[2]) == f"{tmp_path}/postgres/socket:5432"
    assert address.path == "/xueshi"
    assert address.username == "xueshi_runtime"


def test_it_serves_and_owns_as_two_roles_with_a_secret_each(tmp_path: Path) -> None:
    serves, owns = urlsplit(env.runtime_url(tmp_path)), urlsplit(env.owner_url(tmp_path))

    assert (serves.username, owns.username) == ("xueshi_runtime", "xueshi")
    assert serves.password != owns.password
    assert serves.path == owns.path
    assert (env.has_owner(), env.runtime_role(tmp_path)) == (True, "xueshi_runtime")


@pytest.mark.parametrize(("role", "user"), [("owner", "xueshi"), ("runtime", "xueshi_runtime"), ("", "xueshi_runtime")])
def test_a_process_is_the_role_that_it_asks_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, role: str, user: str
) -> None:
    monkeypatch.setenv("DATABASE_ROLE", role)

    assert urlsplit(env.database_url(tmp_path)).username == user


def test_an_address_of_the_owner_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://app:b@db.example/x")
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgres://boss:c@db.example/x")

    assert env.owner_url(tmp_path) == "postgres://boss:c@db.example/x"
    assert (env.has_owner(), env.runtime_role(tmp_path)) == (True, "app")


def test_one_address_alone_serves_and_migrates(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://app:b@db.example/x")

    assert env.owner_url(tmp_path) == "postgres://app:b@db.example/x"
    assert env.has_owner() is False


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"DATABASE_OWNER_URL": "postgres://boss:c@db/x"}, "DATABASE_OWNER_URL is set and DATABASE_URL is not"),
        ({"DATABASE_ROLE": "god"}, "DATABASE_ROLE is 'god'; it must be owner or runtime"),
        (
            {"DATABASE_URL": "postgres:///x", "DATABASE_OWNER_URL": "postgres://boss@db/x"},
            "DATABASE_URL names no user",
        ),
    ],
)
def test_it_refuses_half_an_answer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: dict[str, str], complaint: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(env.BadSetting, match=complaint):
        env.acts_as_owner(), env.owner_url(tmp_path), env.runtime_role(tmp_path)


def test_it_keeps_the_port_of_the_broker(tmp_path: Path) -> None:
    first = env.redis_url(tmp_path)

    assert env.redis_url(tmp_path) == first
    assert env.redis_url(tmp_path, number=3) == first[:-1] + "3"


@pytest.mark.parametrize(
    ("folder", "fits"),
    [("/" + "a" * 92, True), ("/" + "a" * 93, False), ("/" + "学" * 31, False), ("/a,b", False), ('/a"b', False)],
)
def test_it_knows_which_paths_a_socket_can_have(folder: str, fits: bool) -> None:
    assert fits_a_socket(Path(folder)) is fits
