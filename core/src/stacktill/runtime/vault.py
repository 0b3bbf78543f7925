"""Secrets at rest and signatures of ours, under a ring of keys kept beside the database, not in it."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from stacktill.domain.errors import ConfigError, InvariantBroken

__all__ = ["KeyRing"]

VERSION = "v1"
NONCE_BYTES = 12
KEY_BYTES = 32
SIGNING = b"stacktill/sign/v1\0"
"""Parts the keys that sign from those that seal, and from those of later ways to sign."""


class KeyRing:
    """Seals with the newest key and opens with any, by AES-256-GCM; ``place`` is bound in.

    Signs by HMAC-SHA-256, with a key of its own for each place.

    The ring is a folder of files ``<kid>.key`` (32 random bytes, mode 0600). Adding a file rotates: what
    was sealed before stays readable for as long as its key's file does.
    """

    def __init__(self, keys: dict[str, bytes]) -> None:
        if not keys:
            raise ConfigError("The key ring is empty; there must be at least one key file.")
        self._ciphers = {kid: AESGCM(key) for kid, key in keys.items()}
        self._keys = dict(keys)
        self._newest = max(keys)

    @classmethod
    def load(cls, folder: Path) -> KeyRing:
        """Read the ring, making its first key when there is none."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        files = sorted(folder.glob("*.key"))
        if not files:
            files = [_make_key(folder, "0001")]
        keys = {file.stem: file.read_bytes() for file in files}
        for kid, key in keys.items():
            if len(key) != KEY_BYTES:
                raise ConfigError(
                    f"{folder / kid}.key must hold {KEY_BYTES} bytes, not {len(key)}."
                )
        return cls(keys)

    def seal(self, text: str, *, place: str) -> str:
        """Encrypt a text for one place: ``v1.kid.nonce.ciphertext``."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._ciphers[self._newest].encrypt(nonce, text.encode(), place.encode())
        return ".".join((VERSION, self._newest, _text(nonce), _text(sealed)))

    def open(self, sealed: str, *, place: str) -> str:
        """Decrypt what was sealed for that place; raise ``InvariantBroken`` on anything else."""
        try:
            version, kid, nonce, body = sealed.split(".")
            cipher = self._ciphers[kid]
            plain = cipher.decrypt(_bytes(nonce), _bytes(body), place.encode())
        except (ValueError, KeyError, InvalidTag, binascii.Error) as error:
            raise InvariantBroken(f"a secret at {place} cannot be opened") from error
        if version != VERSION:
            raise InvariantBroken(f"a secret at {place} was sealed by an unknown version")
        return plain.decode()

    def sign(self, text: str, *, place: str) -> str:
        """Sign a text for one place: ``kid.signature``."""
        return f"{self._newest}.{_text(self._signature(self._newest, text, place))}"

    def is_signed(self, text: str, signature: str, *, place: str) -> bool:
        """Whether ``sign`` made the signature, of this text and for this place."""
        kid, _, given = signature.partition(".")
        if kid not in self._keys or not given.isascii():
            return False
        return hmac.compare_digest(_text(self._signature(kid, text, place)), given)

    def _signature(self, kid: str, text: str, place: str) -> bytes:
        key = hmac.digest(self._keys[kid], SIGNING + place.encode(), "sha256")
        return hmac.digest(key, text.encode(), "sha256")


def _make_key(folder: Path, kid: str) -> Path:
    path = folder / f"{kid}.key"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    return path


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
