"""Certificates for tests: a CA made on the spot, and a certificate for every name by which the fake is called."""

import ssl
from dataclasses import dataclass
from pathlib import Path

# The two documented hosts are named too, so that a hosts entry is enough for code whose host cannot be configured.
NAMES = (
    "localhost",
    "127.0.0.1",
    "::1",
    "constellation.api.cloud.macrocosmos.ai",
    "sn1.api.macrocosmos.ai",
)

# Of TLS 1.2: forward secrecy and AEAD, as HTTP/2 wants it and grpcio does on its own port. Those of 1.3 all are so.
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM files; `ca` is what clients are to trust, None when the certificate is the user's own."""

    cert: Path
    key: Path
    ca: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Prefers http/1.1: curl and browsers offer both and stay on it, gRPC clients offer h2 alone and get it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(CIPHERS)
        context.load_cert_chain(self.cert, self.key)
        context.set_alpn_protocols(["http/1.1", "h2"])
        return context


def make_certificate(folder: Path, *names: str) -> Certificate:
    """Writes a new CA, certificate and key into a folder; for these names besides NAMES."""
    import trustme  # a server without TLS starts without it

    folder.mkdir(parents=True, exist_ok=True)
    ca = trustme.CA()
    issued = ca.issue_cert(*dict.fromkeys([*NAMES, *names]))
    made = Certificate(folder / "cert.pem", folder / "key.pem", folder / "ca.pem")
    issued.private_key_pem.write_to_path(made.key)
    made.key.chmod(0o600)
    made.cert.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    ca.cert_pem.write_to_path(folder / "ca.pem")
    return made
