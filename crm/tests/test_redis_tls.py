"""`rediss://`, for the cache and the broker, with a real Redis that speaks TLS alone."""

import datetime
import ipaddress
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from crm.tests.running import free_port
from crm.tests.test_health_findings import run_health
from crm.tests.test_redis_cache import READ, WRITE, run_with_cache

pytestmark = pytest.mark.takes(12)
BROKER = (
    "from config.celery import app; c = app.connection(); c.ensure_connection(max_retries=1, timeout=3); "
    "app.send_task('nothing', connection=c); print(c.default_channel.client.llen('celery'))"
)


def write_certificate(folder: Path) -> None:
    """Write a certificate of 127.0.0.1, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    plain = serialization.NoEncryption()
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(key.private_bytes(pem, form, plain))
    (folder / "cert.pem").write_bytes(built.sign(key, hashes.SHA256()).public_bytes(pem))


@pytest.fixture(scope="module")
def redis_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("redis")
    write_certificate(folder)
    program = shutil.which("redis-server")
    if program is None:
        pytest.fail("redis-server is missing. On Debian and Ubuntu: apt-get install redis-server")
    port = free_port()
    words = ["--port", "0", "--tls-port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    certificate = ["--tls-cert-file", "cert.pem", "--tls-key-file", "key.pem", "--tls-auth-clients", "no"]
    with subprocess.Popen([program, *words, *certificate], cwd=folder, stdout=subprocess.DEVNULL) as server:
        time.sleep(0.5)
        yield f"rediss://127.0.0.1:{port}/0", folder / "cert.pem"
        server.terminate()


def test_the_cache(redis_tls: tuple[str, Path]) -> None:
    url, certificate = redis_tls
    assert run_with_cache(f"{url}?ssl_ca_certs={certificate}", WRITE) == "written"
    assert run_with_cache(f"{url}?ssl_ca_certs={certificate}", READ) == "{'text': 'مرحبا'}"
    assert "CERTIFICATE_VERIFY_FAILED" in run_with_cache(url, READ)


def test_the_broker(redis_tls: tuple[str, Path]) -> None:
    url, certificate = redis_tls
    whole = f"{url}?ssl_cert_reqs=required&ssl_ca_certs={certificate}"
    answers = run_health(
        CELERY_BROKER_URL=whole,
        CACHE_URL=f"{url}?ssl_ca_certs={certificate}",
        DATABASE_URL=f"postgres://shop@127.0.0.1:{free_port()}/shop",
    )[2]
    assert answers["broker"]["summary"] == answers["cache"]["summary"] == "Redis answers."


def test_tasks_go_to_the_broker(redis_tls: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    url, certificate = redis_tls
    monkeypatch.setenv("CELERY_BROKER_URL", f"{url}?ssl_cert_reqs=required&ssl_ca_certs={certificate}")
    assert run_with_cache("locmemcache://", BROKER) == "1"
