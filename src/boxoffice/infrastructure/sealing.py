"""How a person's particulars are sealed: the one place that encrypts.

AES-256-GCM under a key of the person's own, with a fresh 96-bit nonce each time. The
person's id and the names of the sealed fields are authenticated with them, so what was
sealed for one person cannot be passed off as another's, nor read as other fields. A
sealed text is

    1 byte      version of this layout, 1
    12 bytes    nonce
    the rest    ciphertext and its tag of 16 bytes

Nonces and keys come from the system's own source and never from a seed: one nonce used
twice under one key would give both texts away.
"""

from __future__ import annotations

import os
from typing import Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from boxoffice.application.ports.vault import Particulars
from boxoffice.domain.ids import PersonId
from boxoffice.errors import Corrupt, Unstorable

VERSION = b"\x01"
NONCE_BYTES = 12
KEY_BITS = 256
KEY_BYTES = KEY_BITS // 8
AS_IT_IS = b"\x00"
"""First byte of a stored key that nothing wraps."""
_PURPOSE = b"boxoffice person"
_TAG_BYTES = 16
_SEALED_BYTES_MIN = len(VERSION) + NONCE_BYTES + _TAG_BYTES


class KeyWrap(Protocol):
    """How a person's key lies in the key table."""

    def wrap(self, person: PersonId, key: bytes) -> bytes:
        """Give the key as it is stored."""

    def unwrap(self, person: PersonId, stored: bytes) -> bytes:
        """Give the key back.

        Raises:
            Corrupt: this is no key of this person.
        """


class NoWrap:
    """Keys are stored as they are; whoever reads the key table reads people."""

    def wrap(self, person: PersonId, key: bytes) -> bytes:  # noqa: ARG002  (the port's)
        return AS_IT_IS + key

    def unwrap(self, person: PersonId, stored: bytes) -> bytes:
        if len(stored) != len(AS_IT_IS) + KEY_BYTES or not stored.startswith(AS_IT_IS):
            raise Corrupt(f"The vault's key of person {person} cannot be read.")
        return stored[len(AS_IT_IS) :]


class Sealer:
    """Makes keys, seals and opens."""

    def __init__(self, wrap: KeyWrap | None = None) -> None:
        self._wrap = wrap or NoWrap()

    def new_key(self, person: PersonId) -> bytes:
        """Make a key for a person, as it is to be stored."""
        return self._wrap.wrap(person, AESGCM.generate_key(KEY_BITS))

    def seal(
        self, person: PersonId, particulars: Particulars, *, stored_key: bytes
    ) -> bytes:
        """Seal what is known of a person.

        Raises:
            Unstorable: it is no text that can be encoded.
        """
        try:
            plain = msgspec.msgpack.encode(particulars)
        except UnicodeEncodeError as error:
            # The driver's words would quote the person's name.
            raise Unstorable("A name or an address is no valid text.") from error
        key = self._wrap.unwrap(person, stored_key)
        nonce = os.urandom(NONCE_BYTES)
        sealed = AESGCM(key).encrypt(nonce, plain, _bound_to(person))
        return VERSION + nonce + sealed

    def open(
        self, person: PersonId, sealed: bytes, *, stored_key: bytes
    ) -> Particulars:
        """Open what was sealed for a person.

        Raises:
            Corrupt: it was sealed for somebody else, under another key, or altered.
        """
        if len(sealed) < _SEALED_BYTES_MIN or not sealed.startswith(VERSION):
            raise Corrupt(f"What the vault holds of person {person} cannot be read.")
        key = self._wrap.unwrap(person, stored_key)
        head = len(VERSION) + NONCE_BYTES
        nonce, rest = sealed[len(VERSION) : head], sealed[head:]
        try:
            plain = AESGCM(key).decrypt(nonce, rest, _bound_to(person))
        except InvalidTag as error:
            raise Corrupt(
                f"What the vault holds of person {person} is not theirs."
            ) from (error)
        return msgspec.msgpack.decode(plain, type=Particulars)


def _bound_to(person: PersonId) -> bytes:
    """Give what a sealed text is good for; lengths keep the parts apart."""
    fields = ",".join(Particulars.__struct_fields__).encode()
    # A surrogate has no UTF-8 of its own; the store refuses such an id by itself.
    parts = (_PURPOSE, person.encode(errors="surrogatepass"), fields)
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
