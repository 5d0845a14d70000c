"""Typed ids, and the one place that knows how aggregates map to streams.

A stream id is 16 bytes: 12 bytes of *family* and 4 bytes of *ordinal*. Everything
that a decision about one performance can read lies in the family of that
performance, so a house is one index range:

    ordinal 0                    the performance itself
    ordinal 1 .. 0x7FFFFFEF      its tickets, one stream per place
    ordinal 0x7FFFFFFD           what persons gave away alone
    ordinal 0x7FFFFFFE           what is left of its quotas
    ordinal 0x7FFFFFFF           its price list
    ordinal 0x80000000 and up    allowances of buyers, by a hash of the buyer

Two buyers whose hashes collide share an allowance stream; its state is kept per
buyer, so they share a version and nothing else. Plans, productions and orders are
families of their own and use ordinal 0.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import NewType

StreamId = NewType("StreamId", bytes)
"""16 bytes: family and ordinal."""
Family = NewType("Family", bytes)
"""The first 12 bytes of a stream id."""

PlanId = NewType("PlanId", str)
ProductionId = NewType("ProductionId", str)
PerformanceId = NewType("PerformanceId", str)
"""24 lower-case hex digits: the family of the performance's streams."""
BuyerId = NewType("BuyerId", str)
HoldId = NewType("HoldId", str)
OrderCode = NewType("OrderCode", str)
PersonId = NewType("PersonId", str)
"""Whose particulars the vault keeps."""
StaffId = NewType("StaffId", str)
"""Who works here; the table of the staff knows the name."""
AttemptId = NewType("AttemptId", str)
"""A try to pay: the key under which the provider knows it, for ever."""
RefundId = NewType("RefundId", str)
"""The key under which the provider knows a refund, for ever."""
CustomerId = NewType("CustomerId", str)
"""A keyed hash of an e-mail address: the same person again, and nothing else."""
Ordinal = NewType("Ordinal", int)

FAMILY_BYTES = 12
PERFORMANCE_ORDINAL = 0
PRICE_LIST_ORDINAL = 0x7FFF_FFFF
QUOTA_ORDINAL = 0x7FFF_FFFE
COMPS_ORDINAL = 0x7FFF_FFFD
PAYMENT_ORDINAL = 1
"""In the family of an order, which has no other streams than itself and this."""
PLACE_ORDINAL_MAX = 0x7FFF_FFEF
ALLOWANCE_BIT = 0x8000_0000
ORDER_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No 0, 1, I, L or O: order codes are read aloud at the window."""
ORDER_CODE_LETTERS = 10
PERFORMANCES_CACHED = 1_024
"""Every command names one; looking it up beats converting it again."""
BUYERS_CACHED = 4_096
"""Each command of a buyer reads the same stream that it writes."""


@lru_cache(PERFORMANCES_CACHED)
def family(hex_id: str) -> Family:
    """Give the family of a plan, production or performance id."""
    return Family(bytes.fromhex(hex_id))


def stream(of: Family, ordinal: int = 0) -> StreamId:
    """Give the stream id of an ordinal in a family."""
    return StreamId(of + ordinal.to_bytes(4, "big"))


@lru_cache(PERFORMANCES_CACHED)
def performance_stream(performance: PerformanceId) -> StreamId:
    """Give the stream of the performance itself."""
    return stream(family(performance), PERFORMANCE_ORDINAL)


@lru_cache(PERFORMANCES_CACHED)
def price_list_stream(performance: PerformanceId) -> StreamId:
    """Give the stream of the performance's price list."""
    return stream(family(performance), PRICE_LIST_ORDINAL)


@lru_cache(PERFORMANCES_CACHED)
def quota_stream(performance: PerformanceId) -> StreamId:
    """Give the stream that counts places at price types that are limited."""
    return stream(family(performance), QUOTA_ORDINAL)


@lru_cache(PERFORMANCES_CACHED)
def comps_stream(performance: PerformanceId) -> StreamId:
    """Give the stream that counts what each person alone gave away."""
    return stream(family(performance), COMPS_ORDINAL)


def ticket_stream(performance: PerformanceId, ordinal: int) -> StreamId:
    """Give the stream of the ticket for one place at one performance."""
    return stream(family(performance), ordinal)


@lru_cache(BUYERS_CACHED)
def allowance_stream(performance: PerformanceId, buyer: BuyerId) -> StreamId:
    """Give the stream that counts what a buyer holds and bought here."""
    digest = hashlib.blake2b(buyer.encode(), digest_size=4).digest()
    ordinal = int.from_bytes(digest, "big") | ALLOWANCE_BIT
    return stream(family(performance), ordinal)


def order_family(code: OrderCode) -> Family:
    """Give the family of an order: its code decides, so no index is needed."""
    digest = hashlib.blake2b(b"order " + code.encode(), digest_size=FAMILY_BYTES)
    return Family(digest.digest())


def order_stream(code: OrderCode) -> StreamId:
    """Give the stream of an order."""
    return stream(order_family(code))


def payment_stream(code: OrderCode) -> StreamId:
    """Give the stream of the payment for an order, in the order's family."""
    return stream(order_family(code), PAYMENT_ORDINAL)


def promotion_family(code: str) -> Family:
    """Give the family of a promotion: its code decides, in any case of letters."""
    name = b"promotion " + code.strip().upper().encode()
    return Family(hashlib.blake2b(name, digest_size=FAMILY_BYTES).digest())


def promotion_stream(code: str) -> StreamId:
    """Give the stream of a promotion and its budget."""
    return stream(promotion_family(code))


def promotion_use_stream(code: str, customer: CustomerId) -> StreamId:
    """Give the stream that counts how often a customer used a promotion."""
    digest = hashlib.blake2b(customer.encode(), digest_size=4).digest()
    ordinal = int.from_bytes(digest, "big") | ALLOWANCE_BIT
    return stream(promotion_family(code), ordinal)


def comp_budget_stream(budget: str) -> StreamId:
    """Give the stream of a budget for comps, by its name."""
    name = b"comp budget " + budget.strip().lower().encode()
    digest = hashlib.blake2b(name, digest_size=FAMILY_BYTES).digest()
    return stream(Family(digest))


def order_code(entropy: bytes) -> OrderCode:
    """Turn at least 8 random bytes into a code of about 50 bits."""
    number = int.from_bytes(entropy, "big")
    letters = []
    for _ in range(ORDER_CODE_LETTERS):
        number, index = divmod(number, len(ORDER_ALPHABET))
        letters.append(ORDER_ALPHABET[index])
    return OrderCode("".join(letters))


def split(stream_id: bytes) -> tuple[str, int]:
    """Give back the family as hex and the ordinal."""
    return stream_id[:FAMILY_BYTES].hex(), int.from_bytes(stream_id[12:], "big")
