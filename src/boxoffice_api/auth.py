"""Who is asking: buyers by a signed random id, staff by a named token.

Both come as a Bearer token or as a cookie. A cookie alone proves nothing when another
site's page sent it, so a cookie on an unsafe method counts only for our own pages. The
token `bo_staff_…` is looked up by its SHA-256; a revoked one is refused within
`KNOWN_FOR_S`, because lookups are remembered that long.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from time import monotonic

import msgspec

from boxoffice.application.keys import Mac
from boxoffice.application.ports.staff import StaffToken, StaffTokens, actor_of
from boxoffice.domain.ids import BuyerId, StaffId
from boxoffice.errors import Forbidden, Unauthenticated
from boxoffice_api.head import Head

BUYER_COOKIE = "bo_buyer"
STAFF_COOKIE = "bo_staff"
STAFF_PREFIX = b"bo_staff_"
STAFF_TOKEN_BYTES_MAX = 200
BUYER_ID_BYTES = 16
BUYER_COOKIE_AGE_S = 90 * 24 * 3600
BUYERS_KNOWN_MAX = 20_000
KNOWN_FOR_S = 5.0
KNOWN_MAX = 1_000
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

ROLES = frozenset({"till", "gate", "manager", "finance", "admin"})
"""Of staff. Who has the role admin may do everything."""
SELLERS = ("till", "manager")
"""Who may hold, order and pay at the window."""


class Buyer(msgspec.Struct, frozen=True):
    """Somebody who buys: a random id and nothing else."""

    id: BuyerId
    venue: str

    @property
    def actor(self) -> str:
        return f"buyer:{self.id}"


class Staff(msgspec.Struct, frozen=True):
    """A named person who works here; the log knows the id alone."""

    id: StaffId
    person: str
    role: str
    venue: str

    @property
    def actor(self) -> str:
        return actor_of(self.id)


Caller = Buyer | Staff


class Buyers:
    """Signs and checks the ids of buyers; a token that was good stays good."""

    def __init__(self, key: Mac, *, venue: str) -> None:
        self._key = key
        self._venue = venue
        self._known: dict[bytes, Buyer] = {}

    def welcome(self, entropy: Callable[[int], bytes]) -> tuple[Buyer, str]:
        """Make a new buyer; give the token that proves it."""
        new = entropy(BUYER_ID_BYTES).hex()
        token = self._signed(new.encode("ascii")).decode("ascii")
        return Buyer(BuyerId(new), self._venue), token

    def known(self, head: Head) -> Buyer | None:
        """Give the buyer who asks, if it is one."""
        token = head.bearer()
        if token is None:
            token = head.cookie(b"bo_buyer")
            if token is None or not is_own_page(head):
                return None
        return self._known.get(token) or self._checked(token)

    def required(self, head: Head) -> Buyer:
        """Give the buyer who asks.

        Raises:
            Unauthenticated: nobody we know; `POST /v1/buyers` makes a new one.
            Forbidden: staff do not buy for themselves here.
        """
        buyer = self.known(head)
        if buyer is None:
            if (head.bearer() or b"").startswith(STAFF_PREFIX):
                raise Forbidden("Holds and orders are made by buyers, not by staff.")
            raise Unauthenticated
        return buyer

    def _checked(self, token: bytes) -> Buyer | None:
        name = token[: 2 * BUYER_ID_BYTES]
        if not hmac.compare_digest(token, self._signed(name)):
            return None
        if len(self._known) >= BUYERS_KNOWN_MAX:
            self._known.clear()
        buyer = Buyer(BuyerId(name.decode("ascii")), self._venue)
        self._known[token] = buyer
        return buyer

    def _signed(self, name: bytes) -> bytes:
        signature = base64.urlsafe_b64encode(self._key(name)).rstrip(b"=")
        return b"%b.%b" % (name, signature)


def buyer_cookie(token: str, *, is_https: bool) -> str:
    """Give the Set-Cookie value that lets a browser come back as the same buyer."""
    return _cookie(BUYER_COOKIE, token, age_s=BUYER_COOKIE_AGE_S, is_https=is_https)


def staff_cookie(token: str, *, is_https: bool) -> str:
    """Give the Set-Cookie value of a staff page's session; "" ends it."""
    age_s = None if token else 0
    return _cookie(STAFF_COOKIE, token, age_s=age_s, is_https=is_https)


def _cookie(name: str, value: str, *, age_s: int | None, is_https: bool) -> str:
    parts = [f"{name}={value}", "Path=/", "HttpOnly", "SameSite=Lax"]
    if age_s is not None:
        parts.append(f"Max-Age={age_s}")
    if is_https:
        parts.append("Secure")
    return "; ".join(parts)


def is_own_page(head: Head) -> bool:
    """Tell whether a browser would not send this for another site's page.

    Browsers name the sending page in Sec-Fetch-Site or Origin; programs send neither.
    """
    if head.method in SAFE_METHODS:
        return True
    site = head.headers.get(b"sec-fetch-site")
    if site is not None:
        return site in (b"same-origin", b"none")
    origin = head.headers.get(b"origin")
    if origin is None:
        return True
    return origin.partition(b"://")[2] == head.headers.get(b"host")


class StaffDoor:
    """Checks staff tokens."""

    def __init__(self, tokens: StaffTokens, *, venue: str) -> None:
        self._tokens = tokens
        self._venue = venue
        self._known: dict[bytes, tuple[StaffToken | None, float]] = {}

    async def known(self, head: Head) -> Staff | None:
        """Give the member of staff who asks, if it is one of this venue."""
        token = head.bearer()
        if token is None:
            token = head.cookie(b"bo_staff")
            if token is None or not is_own_page(head):
                return None
        return await self.of_token(token)

    async def of_token(self, token: bytes) -> Staff | None:
        """Give the owner of a token that is good today."""
        if not token.startswith(STAFF_PREFIX) or len(token) > STAFF_TOKEN_BYTES_MAX:
            return None
        found = await self._find(hashlib.sha256(token).digest())
        if found is None or found.revoked_at is not None:
            return None
        if found.venue != self._venue or found.role not in ROLES:
            return None
        return Staff(found.staff, found.person, found.role, found.venue)

    async def required(self, head: Head, *roles: str) -> Staff:
        """Give the member of staff who asks, in one of these roles or as admin.

        Raises:
            Unauthenticated: no valid staff token came with the request.
            Forbidden: the role does not allow this.
        """
        staff = await self.known(head)
        if staff is None:
            raise Unauthenticated
        if staff.role != "admin" and staff.role not in roles:
            raise Forbidden(needed=sorted({*roles, "admin"}))
        return staff

    async def names(self) -> Mapping[str, str]:
        """Give how staff are called, by actor."""
        found = await asyncio.to_thread(self._tokens.names)
        return {actor_of(staff): name for staff, name in found.items()}

    async def _find(self, digest: bytes) -> StaffToken | None:
        now = monotonic()
        token, until = self._known.get(digest, (None, 0.0))
        if now < until:
            return token
        token = await asyncio.to_thread(self._tokens.find, digest)
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        self._known[digest] = (token, now + KNOWN_FOR_S)
        return token
