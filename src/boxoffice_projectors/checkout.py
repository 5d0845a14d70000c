"""Running the checkout: what the log says is open, put to the provider until it ends.

The process is folded from the log's first record. What was answered before a restart is
not asked again, because its answer is in the log; what was under way is asked again,
under the same name. Calls run side by side, so many at most; their answers are commands
for the one write path, named after what was answered.

Only the holder of the lease makes calls. Two that believe they hold it do no harm: the
provider knows calls by name and the log knows commands by name.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import structlog

from boxoffice.application.crash_points import reached
from boxoffice.application.lease import Leadership
from boxoffice.application.ports.log import LogRecord
from boxoffice.application.processes import checkout
from boxoffice.application.processes.agenda import Pace
from boxoffice.application.processes.checkout import Action, Call, Tell
from boxoffice.application.processes.checkout_state import Checkout, Paces
from boxoffice.application.processes.news import request
from boxoffice.application.replay import pages
from boxoffice.application.topics import fact_of
from boxoffice.application.writer import ask
from boxoffice.domain.orders.commands import ExpireOrder
from boxoffice.errors import (
    BoxOfficeError,
    ExchangeOpen,
    NotFound,
    PaymentOpen,
    Refused,
    Unavailable,
)
from boxoffice_projectors import metrics
from boxoffice_projectors.cashier import Cashier
from boxoffice_projectors.container import Container
from boxoffice_projectors.health import Health
from boxoffice_projectors.leased import while_leading

LEASE = "reactor-checkout"
TICK_S = 0.25

log = structlog.get_logger()


@dataclass(frozen=True)
class CheckoutReactor:
    """The reactor that sees every purchase through."""

    container: Container
    health: Health

    async def run(self) -> None:
        """React until cancelled, whenever this process holds the lease."""
        container, health = self.container, self.health

        async def term(leadership: Leadership) -> None:
            await _Watch(container, health, leadership).keep()

        await while_leading(container, health, LEASE, term)


@dataclass
class _Watch:
    """One term of holding the lease."""

    container: Container
    health: Health
    leadership: Leadership
    position: int = 0
    flying: set[asyncio.Task[None]] = field(default_factory=set)

    async def keep(self) -> None:
        """Read and act until the lease or the log is lost; then nothing goes on.

        Raises:
            Conflict: somebody else holds the lease.
            Unavailable: the log does not answer.
        """
        state = Checkout(_paces(self.container))
        news = self._news()
        try:
            while True:
                await self._read(state)
                self.leadership.check()
                self.health.report(LEASE, "")
                self._act(state)
                _measure(state, self.container)
                await self._rest(state, news)
                if news.done():
                    news.result()
                    news = self._news()
        finally:
            ending: list[asyncio.Future[Any]] = [news, *self.flying]
            for task in ending:
                task.cancel()
            await asyncio.gather(*ending, return_exceptions=True)

    async def _read(self, state: Checkout) -> None:
        async for page in pages(self.container.store, after=self.position):
            for record in page:
                if record.tag in checkout.TAGS:
                    _note(state, record)
            self.position = page[-1].position

    def _act(self, state: Checkout) -> None:
        free = self.container.settings.payments_in_flight - len(self.flying)
        now = self.container.clock.now()
        for action in checkout.due(state, now, actions_max=free):
            task = asyncio.create_task(self._carry_out(state, action))
            self.flying.add(task)
            task.add_done_callback(self.flying.discard)

    def _news(self) -> asyncio.Future[bool]:
        return asyncio.ensure_future(
            asyncio.to_thread(
                self.container.store.wait, after=self.position, timeout_s=TICK_S
            )
        )

    async def _rest(self, state: Checkout, news: asyncio.Future[bool]) -> None:
        """Wait for news of the log, for a call that ends, or for the next deadline."""
        timeout = TICK_S
        following = state.agenda.next_at()
        if following is not None and len(self.flying) < self._flying_max:
            left = (following - self.container.clock.now()).total_seconds()
            timeout = min(TICK_S, max(0.0, left))
        awaited: list[asyncio.Future[Any]] = [news, *self.flying]
        await asyncio.wait(
            awaited, timeout=timeout, return_when=asyncio.FIRST_COMPLETED
        )

    @property
    def _flying_max(self) -> int:
        return self.container.settings.payments_in_flight

    async def _carry_out(self, state: Checkout, action: Action) -> None:
        over = False
        try:
            if isinstance(action, Call):
                await Cashier(self.container).settle(action)
            else:
                over = await self._tell(action)
        except Unavailable:
            # Counted where it happened; it is tried again after a pause.
            pass
        except BoxOfficeError as error:
            over = _is_final(action, error)
            log.warning("checkout_refused", action=action.key, code=error.code)
        except Exception:
            log.exception("checkout_failed", action=action.key)
        now = self.container.clock.now()
        checkout.landed(state, action, now=now, over=over)

    async def _tell(self, tell: Tell) -> bool:
        """Have a command done; tell whether that is the end of the matter."""
        is_expiry = isinstance(tell.command, ExpireOrder)
        point = "checkout.expire" if is_expiry else "checkout.end"
        reached(f"{point}.before")
        await ask(
            self.container.writer,
            request(
                tell.command,
                cause=tell.cause.encode(),
                order=tell.command.order,
                venue=self.container.settings.venue,
            ),
        )
        reached(f"{point}.after")
        return not is_expiry


def _note(state: Checkout, record: LogRecord) -> None:
    """Fold a record; an order that something unexpected happens to is set aside."""
    fact = fact_of(record)
    try:
        checkout.react(state, fact)
    except Exception:
        log.exception("order_set_aside", position=record.position, tag=record.tag)
        metrics.reactor_faults.labels(LEASE).inc()
        state.set_aside(getattr(fact.event, "order", ""))


def _is_final(action: Action, error: BoxOfficeError) -> bool:
    """Tell whether a rule said no to a command for ever; news are told until heard."""
    if isinstance(action, Call) or isinstance(error, PaymentOpen | ExchangeOpen):
        return False
    return isinstance(error, Refused | NotFound)


def _paces(container: Container) -> Paces:
    settings = container.settings
    return Paces(
        call=Pace(settings.payment_retry_s, settings.payment_retry_max_s),
        watch=Pace(settings.payment_watch_s, settings.payment_watch_max_s),
        refund=Pace(settings.refund_retry_s, settings.refund_retry_max_s),
    )


def _measure(state: Checkout, container: Container) -> None:
    metrics.checkout_set_aside.set(len(state.aside))
    metrics.checkout_open.set(len(state.orders))
    oldest = state.oldest()
    age = (container.clock.now() - oldest).total_seconds() if oldest else 0.0
    metrics.checkout_oldest.set(max(0.0, age))
