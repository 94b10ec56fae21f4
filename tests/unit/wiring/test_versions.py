"""Which of PostgreSQL's programs are run on which server: one row a pair of major versions."""

import pytest

from lms.wiring.rules.versions import misfit


@pytest.mark.parametrize(
    ("own", "server"), [(14, 14), (15, 15), (16, 16), (17, 17), (18, 18), (19, 19), (18, 17), (19, 17), (19, 18)]
)
def test_the_servers_own_programs_fit_and_from_17_on_newer_ones(own: int, server: int) -> None:
    assert misfit("pg_dump", own, server) is None


@pytest.mark.parametrize(("own", "server"), [(18, 16), (18, 15), (18, 14), (17, 16), (16, 15), (15, 14)])
def test_newer_programs_do_not_fit_a_server_below_17(own: int, server: int) -> None:
    assert misfit("pg_restore", own, server) == (
        f"pg_restore is of PostgreSQL {own} and the server of PostgreSQL {server}: what a newer one writes need not "
        f"restore into a server below 17. Set PG_BIN to the folder of the server's own programs, "
        f"PG_BIN=/usr/lib/postgresql/{server}/bin."
    )


@pytest.mark.parametrize(("own", "server"), [(18, 19), (17, 18), (16, 17), (14, 15)])
def test_older_programs_fit_no_server(own: int, server: int) -> None:
    assert misfit("pg_dump", own, server) == (
        f"pg_dump is of PostgreSQL {own} and the server of PostgreSQL {server}: an older one dumps no newer server and "
        f"need not read its dumps. Set PG_BIN to the folder of the server's own programs, "
        f"PG_BIN=/usr/lib/postgresql/{server}/bin."
    )
