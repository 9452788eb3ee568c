"""TLS on the one port: HTTP/1.1 for those who can, HTTP/2 for gRPC, and names that the documented hosts have."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import grpc
import httpx
import pytest

from apex_mock import Server, serve
from apex_mock.tls import NAMES, Certificate, make_certificate
from tests.wires import HELLO


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def secure(certificate: Certificate) -> Iterator[Server]:
    with serve(certificate=certificate, grpc_port=0) as running:
        yield running


def trusting(certificate: Certificate) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate.ca))


def test_https_is_served_to_whoever_trusts_the_ca(secure, certificate):
    """REST, and Connect's JSON."""
    with httpx.Client(
        base_url=secure.url, headers={"authorization": "Bearer k"}, verify=trusting(certificate)
    ) as client:
        for path in ("/v1/chat/completions", "/apex.v1.ApexService/ChatCompletion"):
            assert client.post(path, json=HELLO).status_code == 200
    assert secure.url.startswith("https://")


def test_whoever_does_not_trust_it_is_not_served(secure):
    """And the server lives on."""
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{secure.url}/health")
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"http://{secure.address}/health")


def test_grpc_is_served_on_both_ports(secure, certificate):
    """Over HTTP/2, which it alone asks for."""
    credentials = grpc.ssl_channel_credentials(Path(certificate.ca).read_bytes())
    for address in (secure.address, f"127.0.0.1:{secure.grpc_port}"):
        with grpc.secure_channel(address, credentials) as channel:
            assert channel.unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=10) == b"\x08\x01"


@pytest.mark.parametrize("ciphers", ["ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES128-SHA"])
def test_a_cipher_that_is_not_authenticated_is_refused(secure, certificate, ciphers):
    """On both ports, of TLS 1.2: 1.3 has none."""
    context = trusting(certificate)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(ciphers)
    for port in (secure.port, secure.grpc_port):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as plain, pytest.raises((ssl.SSLError, OSError)):
            context.wrap_socket(plain, server_hostname="localhost")


@pytest.mark.parametrize(
    ("offered", "chosen"), [(["h2", "http/1.1"], "http/1.1"), (["http/1.1"], "http/1.1"), (["h2"], "h2"), ([], None)]
)
def test_http_1_is_preferred_by_alpn(secure, certificate, offered, chosen):
    """curl and browsers offer both and stay on it; gRPC clients offer h2 alone and get it."""
    context = trusting(certificate)
    if offered:
        context.set_alpn_protocols(offered)
    with (
        socket.create_connection(("127.0.0.1", secure.port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        assert connection.selected_alpn_protocol() == chosen


@pytest.mark.parametrize("name", NAMES)
def test_the_certificate_holds_for_every_name_by_which_the_fake_is_called(secure, certificate, name):
    """The two documented hosts too: a hosts entry is then enough for code that cannot be configured."""
    with (
        socket.create_connection(("127.0.0.1", secure.port), timeout=10) as plain,
        trusting(certificate).wrap_socket(plain, server_hostname=name) as connection,
    ):
        assert connection.version() in ("TLSv1.2", "TLSv1.3")


def test_the_environment_names_the_ca_for_every_client(secure, certificate):
    """Python's gRPC, OpenSSL, Node and curl; the private key is for its owner alone."""
    variables = secure.environment()
    assert variables["MACROCOSMOS_USE_HTTPS"] == "true"
    for name in ("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE"):
        assert variables[name] == str(certificate.ca)
    assert certificate.key.stat().st_mode & 0o077 == 0


def test_a_client_that_stays_does_not_hold_up_the_end(tmp_path):
    """Neither one that never says goodbye, nor one in the middle of its first bytes: their connections are cut."""
    certificate = make_certificate(tmp_path)
    with serve(certificate=certificate) as server:
        context = ssl.create_default_context(cafile=str(certificate.ca))
        clients = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(3)]
        greeted = [context.wrap_socket(client, server_hostname="localhost") for client in clients[:2]]
        greeted[0].sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert greeted[0].recv(100).startswith(b"HTTP/1.1 200")
        greeted[1].sendall(b"PRI * HT")
    for client in (*greeted, clients[2]):
        client.close()
