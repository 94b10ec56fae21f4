"""Every reader gives a typed value, or one sentence that names the variable, the value and what is allowed."""

import stat
import threading
from pathlib import Path

import pytest

from lms import env


@pytest.mark.parametrize(
    ("given", "expected"), [("1", True), ("TRUE", True), ("on", True), ("0", False), ("No", False), (" off ", False)]
)
def test_it_reads_a_boolean(monkeypatch: pytest.MonkeyPatch, given: str, expected: bool) -> None:
    monkeypatch.setenv("SWITCH", given)

    assert env.boolean("SWITCH", default=not expected) is expected


@pytest.mark.parametrize("given", ["maybe", "2", "ja", "true false"])
def test_it_refuses_a_word_that_is_no_boolean(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("SWITCH", given)

    with pytest.raises(env.BadSetting, match=rf"^SWITCH is '{given}'; it must be 1, true, yes or on, or 0, "):
        env.boolean("SWITCH", default=False)


@pytest.mark.parametrize(("given", "expected"), [("8000", 8000), (" 7 ", 7), ("1", 1), ("65535", 65535)])
def test_it_reads_a_whole_number(monkeypatch: pytest.MonkeyPatch, given: str, expected: int) -> None:
    monkeypatch.setenv("PORT", given)

    assert env.integer("PORT", default=80, at_least=1, at_most=65535) == expected


@pytest.mark.parametrize("given", ["0", "65536", "-1", "1_000", "8e3", "80.5", "٨٠", "0x50", "nan", "9" * 40, "--5"])
def test_it_refuses_what_is_no_allowed_number(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("PORT", given)

    with pytest.raises(env.BadSetting, match=r"^PORT is .*; it must be a whole number from 1 to 65535\.$"):
        env.integer("PORT", default=80, at_least=1, at_most=65535)


def test_it_takes_an_empty_variable_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "  ")
    monkeypatch.setenv("NAME", "")

    assert env.integer("PORT", default=80) == 80
    assert env.text("NAME", default="none") == "none"


def test_it_names_a_text_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NAME", raising=False)

    with pytest.raises(env.BadSetting, match=r"^NAME is not set; it must be some text\.$"):
        env.text("NAME")


def test_it_splits_words_at_commas_and_blanks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSTS", "a.example, b.example c.example,")

    assert env.words("HOSTS", default=[]) == ["a.example", "b.example", "c.example"]


def test_it_makes_the_data_folder_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", "one/two")

    assert env.data_dir(Path("unused")) == (tmp_path / "one/two").resolve()
    assert (tmp_path / "one/two").is_dir()


def test_it_refuses_a_data_folder_that_is_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "file"))

    with pytest.raises(env.BadSetting, match=r"^DATA_DIR is .*; it must be a folder or creatable: File exists\.$"):
        env.data_dir(tmp_path)


def test_it_keeps_a_secret_that_only_its_owner_can_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)

    first = env.secret("SECRET_KEY", tmp_path)

    assert len(first) == 64
    assert env.secret("SECRET_KEY", tmp_path) == first
    assert stat.S_IMODE((tmp_path / "secrets/SECRET_KEY").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert [path.name for path in (tmp_path / "secrets").iterdir()] == ["SECRET_KEY"]


def test_it_makes_one_secret_when_many_ask_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    answers: set[str] = set()
    threads = [threading.Thread(target=lambda: answers.add(env.secret("SECRET_KEY", tmp_path))) for _ in range(20)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == 1


def test_it_never_shows_a_secret_that_is_too_short(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SECRET_KEY", "hunter2")

    with pytest.raises(env.BadSetting) as refused:
        env.secret("SECRET_KEY", tmp_path)

    assert str(refused.value) == "SECRET_KEY has 7 characters; it must have at least 32."


def test_it_refuses_an_emptied_secret_instead_of_making_another(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/IDENTITY_KEY").write_text("\n")

    with pytest.raises(env.BadSetting, match="restore it from a backup"):
        env.secret("IDENTITY_KEY", tmp_path)
