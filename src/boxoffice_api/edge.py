"""What the handlers of one process share: the container and what stands on it."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from boxoffice.application import tokens
from boxoffice.application.keys import Keys, keys_from
from boxoffice.application.naming import PERSON_ID_BYTES, ask_naming
from boxoffice.application.ports.vault import Particulars
from boxoffice.application.queries.catalogue import Catalogue
from boxoffice.application.queries.comp_budgets import CompBudgets
from boxoffice.application.queries.holds import Holds
from boxoffice.application.queries.order_news import OrderNews
from boxoffice.application.queries.promotions import Promotions
from boxoffice.application.queries.tail import Tail
from boxoffice.application.writer import Accepted, Request, ask
from boxoffice.bootstrap import Container
from boxoffice.domain.ids import BuyerId, HoldId, PersonId
from boxoffice.domain.message import Command
from boxoffice.errors import Invalid, Unavailable
from boxoffice.readmodels.availability import AVAILABILITY
from boxoffice.readmodels.sales_board import SALES_BOARD
from boxoffice.readmodels.seat_map import SEAT_MAP
from boxoffice_api.answers import NO_STORE, Answer
from boxoffice_api.auth import Buyer, Buyers, Caller, StaffDoor
from boxoffice_api.head import Head
from boxoffice_api.idempotency import (
    COMMAND_ID_BYTES,
    Identity,
    desk_id,
    identify,
    meta_of,
)
from boxoffice_api.query import Query
from boxoffice_api.reading import Reading, Shelf

TOKEN_HEADER = "boxoffice-token"  # noqa: S105  (a field's name)
TOKEN_FIELD = TOKEN_HEADER.encode("ascii")
Entropy = Callable[[int], bytes]


@dataclass(frozen=True)
class Edge:
    """Belongs to one event loop."""

    container: Container
    keys: Keys
    entropy: Entropy
    buyers: Buyers
    staff: StaffDoor
    tail: Tail
    catalogue: Catalogue
    holds: Holds
    promotions: Promotions
    comp_budgets: CompBudgets
    order_news: OrderNews
    availability: Shelf
    seat_map: Shelf
    sales_board: Shelf
    epoch: int

    def token(self, position: int) -> str:
        """Give the token with which a query waits for what was just written."""
        log = self.container.settings.log_name
        return tokens.encode(tokens.Token(log, self.epoch, position))

    async def read(self, head: Head, shelf: Shelf, keys: Sequence[str]) -> Reading:
        """Give documents of one performance, not older than the caller's token.

        Raises:
            Invalid: the token is not one of ours, or names what was never written.
            TooSlow: the documents did not get that far in time.
            Unavailable: the store does not answer.
        """
        text = Query(head).text("token")
        if text is None:
            text = head.headers.get(TOKEN_FIELD, b"").decode("latin-1")
        if not text:
            return await shelf.read(keys)
        settings = self.container.settings
        token = tokens.decode(text, log=settings.log_name, epoch=self.epoch)
        await self._check_written(token)
        return await shelf.read_after(token, keys, timeout_s=settings.query_wait_s)

    async def _check_written(self, token: tokens.Token) -> None:
        if token.position <= self.tail.position:
            return
        # A reader needs no log: while it is away, waiting decides.
        with contextlib.suppress(Unavailable):
            head = await asyncio.to_thread(self.container.store.head)
            if token.position > head.position:
                raise Invalid("This token is ahead of everything that was written.")

    async def buyer_or(self, head: Head, *roles: str) -> Caller:
        """Give who asks: a buyer, or staff in one of these roles or as admin.

        Raises:
            Unauthenticated: nobody we know; `POST /v1/buyers` makes a new buyer.
            Forbidden: the role does not allow this.
        """
        return self.buyers.known(head) or await self.staff.required(head, *roles)

    def holder(self, caller: Caller, hold: HoldId) -> BuyerId:
        """Tell as whom somebody has a hold."""
        if isinstance(caller, Buyer):
            return caller.id
        return desk_id(self.keys, caller, hold)

    def identify(self, head: Head, caller: Caller, canonical: bytes) -> Identity:
        """Name a request."""
        return identify(
            self.keys, head, caller=caller, canonical=canonical, entropy=self.entropy
        )

    def new_identity(self) -> Identity:
        """Name a question, of which nothing is kept."""
        return Identity(self.entropy(COMMAND_ID_BYTES), b"")

    async def ask_whether(
        self, head: Head, caller: Caller, *, identity: Identity, command: Command
    ) -> Accepted:
        """Have a command decided now and nothing stored; give what it would do."""
        request = Request(
            identity.command_id,
            identity.request_hash,
            command,
            meta_of(identity, head, caller),
            is_question=True,
        )
        return await ask(self.container.writer, request)

    async def ask(
        self, head: Head, caller: Caller, *, identity: Identity, command: Command
    ) -> Accepted:
        """Have a command decided and stored."""
        request = Request(
            identity.command_id,
            identity.request_hash,
            command,
            meta_of(identity, head, caller),
        )
        return await ask(self.container.writer, request)

    def new_person(self) -> PersonId:
        """Name somebody whom a request brings along."""
        return PersonId(self.entropy(PERSON_ID_BYTES).hex())

    async def ask_naming(
        self,
        head: Head,
        caller: Caller,
        *,
        identity: Identity,
        command: Command,
        people: Mapping[PersonId, Particulars],
    ) -> Accepted:
        """Have a command decided and stored that names people."""
        asked = partial(self.ask, head, caller, identity=identity, command=command)
        return await ask_naming(self.container.vault, people, asked)

    async def carry_out(
        self, head: Head, caller: Caller, command: Command, canonical: bytes
    ) -> Answer:
        """Have a command done that has nothing to show and names nothing new."""
        identity = self.identify(head, caller, canonical)
        asked = self.ask(head, caller, identity=identity, command=command)
        return self.done(await asked)

    def done(self, accepted: Accepted) -> Answer:
        """Answer a command that has nothing to show."""
        headers = [NO_STORE]
        if accepted.facts:
            headers.append((TOKEN_HEADER, self.token(accepted.facts[-1].position)))
        return Answer(204, headers=tuple(headers))


def open_edge(container: Container, *, entropy: Entropy = os.urandom) -> Edge:
    """Build what the handlers share."""
    settings, store = container.settings, container.store
    head = store.head()
    tail = Tail(
        store,
        past=head.position,
        patience_s=settings.command_timeout_s,
        reach=container.reach,
    )
    keys = keys_from(settings.secret)
    return Edge(
        container=container,
        keys=keys,
        entropy=entropy,
        buyers=Buyers(keys.buyer, venue=settings.venue),
        staff=StaffDoor(container.tokens, venue=settings.venue),
        tail=tail,
        catalogue=Catalogue(store, tail),
        promotions=Promotions(tail),
        comp_budgets=CompBudgets(tail),
        order_news=OrderNews(store, tail, watchers_max=settings.sockets_max),
        holds=Holds(store, tail, houses_max=settings.writer_houses_max),
        availability=Shelf(AVAILABILITY, container.cache),
        seat_map=Shelf(SEAT_MAP, container.documents),
        sales_board=Shelf(SALES_BOARD, container.documents),
        epoch=head.epoch,
    )
