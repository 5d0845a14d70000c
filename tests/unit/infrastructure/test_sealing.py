"""A sealed text is good for one person, one key and one set of fields."""

from __future__ import annotations

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from boxoffice.application.ports.vault import Particulars
from boxoffice.domain.ids import PersonId
from boxoffice.errors import Corrupt
from boxoffice.infrastructure.sealing import NoWrap, Sealer

ANA, BEN = PersonId("ana"), PersonId("ben")
OF_ANA = Particulars("Ana Oliva", "ana@example.org")


def test_who_has_the_key_opens_what_was_sealed() -> None:
    sealer = Sealer()
    key = sealer.new_key(ANA)
    sealed = sealer.seal(ANA, OF_ANA, stored_key=key)

    assert sealer.open(ANA, sealed, stored_key=key) == OF_ANA


def test_one_key_does_not_make_one_person_another() -> None:
    sealer = Sealer()
    key = sealer.new_key(ANA)
    sealed = sealer.seal(ANA, OF_ANA, stored_key=key)

    with pytest.raises(Corrupt, match="ben"):
        sealer.open(BEN, sealed, stored_key=key)


def test_another_key_of_the_same_person_opens_nothing() -> None:
    sealer = Sealer()
    sealed = sealer.seal(ANA, OF_ANA, stored_key=sealer.new_key(ANA))

    with pytest.raises(Corrupt):
        sealer.open(ANA, sealed, stored_key=sealer.new_key(ANA))


@pytest.mark.parametrize("key", [b"", b"\x00" * 32, b"\x01" * 33])
def test_what_is_no_key_is_corrupt(key: bytes) -> None:
    with pytest.raises(Corrupt):
        Sealer().seal(ANA, OF_ANA, stored_key=key)


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x02" + bytes(60)])
def test_what_is_no_sealed_text_is_corrupt(sealed: bytes) -> None:
    sealer = Sealer()
    with pytest.raises(Corrupt):
        sealer.open(ANA, sealed, stored_key=sealer.new_key(ANA))


def test_a_text_sealed_for_other_fields_is_refused() -> None:
    """What later holds an address as well must not be read as name and e-mail."""
    sealer = Sealer()
    stored = sealer.new_key(ANA)
    parts = (b"boxoffice person", b"ana", b"name,email,address")
    bound = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    plain = msgspec.msgpack.encode(OF_ANA)
    key = NoWrap().unwrap(ANA, stored)
    sealed = b"\x01" + bytes(12) + AESGCM(key).encrypt(bytes(12), plain, bound)

    with pytest.raises(Corrupt):
        sealer.open(ANA, sealed, stored_key=stored)


class _Masked:
    """A wrap as a master key would make it."""

    def wrap(self, person: PersonId, key: bytes) -> bytes:
        return person.encode() + bytes(byte ^ 0xFF for byte in key)

    def unwrap(self, person: PersonId, stored: bytes) -> bytes:
        return bytes(byte ^ 0xFF for byte in stored.removeprefix(person.encode()))


def test_keys_are_stored_as_their_wrap_says() -> None:
    sealer = Sealer(_Masked())
    key = sealer.new_key(ANA)
    sealed = sealer.seal(ANA, OF_ANA, stored_key=key)

    assert key.startswith(b"ana")
    assert sealer.open(ANA, sealed, stored_key=key) == OF_ANA
