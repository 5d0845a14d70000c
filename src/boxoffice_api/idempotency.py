"""What makes a request the same request, and the ids that follow from it.

A command's id comes from its caller and the caller's Idempotency-Key, so a retry names
the same command; without a key every request is a new one. Everything that a command
creates is named after the command, so a retry names the same things; only people are
new each time, see `application/naming.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from boxoffice.application.keys import Keys
from boxoffice.domain.ids import (
    AttemptId,
    BuyerId,
    HoldId,
    OrderCode,
    RefundId,
    order_code,
)
from boxoffice.domain.message import Meta
from boxoffice_api.auth import Caller, Staff
from boxoffice_api.head import Head
from boxoffice_api.problems import Malformed

COMMAND_ID_BYTES = 16
KEY_LENGTH_MAX = 128
_BARE = re.compile(rb"[\x21\x23-\x7e][\x21-\x7e]{0,%d}" % (KEY_LENGTH_MAX - 1))
_QUOTED = re.compile(
    rb'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,%d})"' % KEY_LENGTH_MAX
)
"""An RFC 8941 string, as the IETF draft of the header has it."""


class Identity(msgspec.Struct, frozen=True):
    """A command's id and the hash that tells a retry from another request."""

    command_id: bytes
    request_hash: bytes


def idempotency_key(head: Head) -> bytes | None:
    """Give the caller's key, quoted or bare; None when there is none.

    Raises:
        Malformed: it is no such key.
    """
    given = head.headers.get(b"idempotency-key")
    if given is None:
        return None
    if quoted := _QUOTED.fullmatch(given):
        return re.sub(rb"\\(.)", rb"\1", quoted[1])
    if _BARE.fullmatch(given):
        return given
    raise Malformed(
        f"Idempotency-Key must be 1 to {KEY_LENGTH_MAX} printable ASCII characters."
    )


def identify(
    keys: Keys,
    head: Head,
    *,
    caller: Caller,
    canonical: bytes,
    entropy: Callable[[int], bytes],
) -> Identity:
    """Name a request; `canonical` is its body as we would have written it."""
    key = idempotency_key(head)
    if key is None:
        command_id = entropy(COMMAND_ID_BYTES)
    else:
        scope = f"{caller.venue}\n{caller.actor}\n".encode()
        command_id = keys.command(scope + key)[:COMMAND_ID_BYTES]
    asked = f"{head.method}\n{head.path}\n".encode(errors="replace")
    return Identity(command_id, keys.request(asked + canonical))


def meta_of(identity: Identity, head: Head, caller: Caller) -> Meta:
    """Say who caused the events of a command, and in which story."""
    command = identity.command_id.hex()
    return Meta(
        command=command,
        correlation=head.correlation() or command,
        actor=caller.actor,
        venue=caller.venue,
    )


def hold_id(keys: Keys, identity: Identity) -> HoldId:
    """Name the hold that a command makes."""
    return HoldId(keys.derived(b"hold" + identity.command_id)[:16].hex())


def code_of_order(keys: Keys, identity: Identity) -> OrderCode:
    """Name the order that a command makes."""
    return order_code(keys.derived(b"order" + identity.command_id)[:8])


def attempt_id(keys: Keys, identity: Identity) -> AttemptId:
    """Name the try to pay that a command makes."""
    return AttemptId(keys.derived(b"attempt" + identity.command_id)[:16].hex())


def request_id(keys: Keys, identity: Identity) -> str:
    """Name the wish that a command tells, should somebody have to agree to it."""
    return keys.derived(b"wish" + identity.command_id)[:16].hex()


def refund_id(keys: Keys, identity: Identity) -> RefundId:
    """Name the refund that a command has tried anew."""
    return RefundId(keys.derived(b"refund" + identity.command_id)[:16].hex())


def exchange_id(keys: Keys, identity: Identity) -> str:
    """Name the exchange that a command makes."""
    return keys.derived(b"exchange" + identity.command_id)[:16].hex()


def desk_id(keys: Keys, staff: Staff, hold: HoldId) -> BuyerId:
    """Name the buyer as whom a member of staff has a hold: one for each hold.

    So nobody's holds count against the limit of one buyer, and nobody else has them.
    """
    desk = f"{staff.venue}\n{staff.actor}\n{hold}".encode()
    return BuyerId(keys.derived(b"desk" + desk)[:16].hex())


def family_id(keys: Keys, identity: Identity) -> str:
    """Name the plan, production or performance that a command makes."""
    return keys.derived(b"family" + identity.command_id)[:12].hex()
