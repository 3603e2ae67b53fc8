"""The keys and certificates of one control plane, kept in its directory."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_VALIDITY = timedelta(days=365)
_SERVER_NAMES = ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")
# The address of the Service `kubernetes`: the first of kube-apiserver's service range.
_SERVER_ADDRESSES = ("127.0.0.1", "10.0.0.1")


@dataclass(frozen=True)
class Identity:
    """A certificate and its key, PEM."""

    certificate: bytes
    key: bytes


class Authority:
    """Signs for one control plane. A directory that already holds one gives the same one again."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.certificate_file = directory / "ca.crt"
        self._key_file = directory / "ca.key"
        self.service_account_key_file = directory / "service-account.key"
        if not self.certificate_file.exists():
            self._create()
        self._key = _load_key(self._key_file.read_bytes())
        self._certificate = x509.load_pem_x509_certificate(self.certificate)

    @property
    def certificate(self) -> bytes:
        """The authority's own certificate, PEM."""
        return self.certificate_file.read_bytes()

    def server_files(self, *addresses: str) -> tuple[Path, Path]:
        """Certificate and key for kube-apiserver to serve with, at these addresses too."""
        names: list[x509.GeneralName] = [x509.DNSName(name) for name in _SERVER_NAMES]
        names += [
            x509.IPAddress(ipaddress.ip_address(address)) for address in (*_SERVER_ADDRESSES, *addresses)
        ]
        identity = self._issue(
            _name("kube-apiserver"), ExtendedKeyUsageOID.SERVER_AUTH, x509.SubjectAlternativeName(names)
        )
        files = (self.directory / "server.crt", self.directory / "server.key")
        for file, content in zip(files, (identity.certificate, identity.key), strict=True):
            write_private(file, content)
        return files

    def client(self, user: str, groups: Sequence[str] = ()) -> Identity:
        """Who holds this is `user` of `groups` to kube-apiserver. A user's name has 64 characters at most."""
        return self._issue(_name(user, groups), ExtendedKeyUsageOID.CLIENT_AUTH)

    def _create(self) -> None:
        key = _new_key()
        certificate = (
            _builder(_name("modelpoc local cloud"), _name("modelpoc local cloud"), key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(signs_certificates=True), critical=True)
            .sign(key, hashes.SHA256())
        )
        write_private(self.service_account_key_file, _pem(_new_key()))
        write_private(self._key_file, _pem(key))
        write_private(self.certificate_file, certificate.public_bytes(Encoding.PEM))

    def _issue(
        self, subject: x509.Name, usage: x509.ObjectIdentifier, *extensions: x509.ExtensionType
    ) -> Identity:
        key = _new_key()
        builder = (
            _builder(subject, self._certificate.subject, key)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        return Identity(certificate.public_bytes(Encoding.PEM), _pem(key))


def write_private(file: Path, content: bytes) -> None:
    """Writes a file that only its owner may read, whole or not at all."""
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
    beside.replace(file)


def public_key(private: bytes) -> bytes:
    """The public half of a private key, PEM."""
    return _load_key(private).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _load_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(pem, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def _name(user: str, groups: Sequence[str] = ()) -> x509.Name:
    """kube-apiserver reads the user from the common name and the groups from the organizations."""
    organizations = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    return x509.Name([*organizations, x509.NameAttribute(NameOID.COMMON_NAME, user)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + _VALIDITY)
    )


def _key_usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
