"""What can become of a database while it is used: it vanishes without a word, or takes no writes any more."""

import ctypes
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import connection
from psycopg import sql

from tests.templates import owner_connection

# Linux: a filter of a socket decides how much of each packet is kept. One that keeps nothing lets none in, and the
# kernel acknowledges none: to the other end the machine is gone. (A program that stops to read is not: its kernel still
# answers for it.)
SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27
_keep_nothing = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0), 8)
_FILTER = struct.pack("HL", 1, ctypes.addressof(_keep_nothing))


class Way:
    """A way to PostgreSQL over TCP that can be cut without either end being told."""

    def __init__(self, host: str, port: str | int) -> None:
        self._host, self._database_port = host, port
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self._links: list[tuple[socket.socket, socket.socket]] = []
        self._is_cut = False
        threading.Thread(target=self._let_in, daemon=True).start()

    def cut(self) -> None:
        self._is_cut = True
        for one in (self._door, *(client for client, _database in self._links)):
            one.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, _FILTER)

    def mend(self) -> None:
        """For new connections; those that were cut stay so."""
        self._door.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)
        self._is_cut = False

    def close(self) -> None:
        for one in (self._door, *(each for link in self._links for each in link)):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _let_in(self) -> None:
        with suppress(OSError):
            while True:
                client, _address = self._door.accept()
                link = client, self._connect()
                self._links.append(link)
                for source, sink in (link, link[::-1]):
                    threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _connect(self) -> socket.socket:
        if not self._host.startswith("/"):
            return socket.create_connection((self._host, int(self._database_port)))
        link = socket.socket(socket.AF_UNIX)
        link.connect(f"{self._host}/.s.PGSQL.{self._database_port}")
        return link

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if self._is_cut:
                    return
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


@contextmanager
def over_tcp() -> Iterator[Way]:
    """Connections that are made in here go over a way that can be cut; at the end it is torn, which both ends feel."""
    given = connection.settings_dict
    before = given["HOST"], given["PORT"]
    way = Way(*before)
    given["HOST"], given["PORT"] = "127.0.0.1", way.port
    try:
        yield way
    finally:
        given["HOST"], given["PORT"] = before
        way.close()


@contextmanager
def no_writes() -> Iterator[None]:
    """As after another database took over: this one answers, and takes no writes. Our own connection is as it was."""
    name = sql.Identifier(connection.settings_dict["NAME"])
    with owner_connection("postgres") as owner:
        owner.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(name))
        try:
            end_other_connections()
            yield
        finally:
            owner.execute(sql.SQL("ALTER DATABASE {} RESET default_transaction_read_only").format(name))


def end_other_connections() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
        )
