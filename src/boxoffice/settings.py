"""Everything that can be set, read once from an environment mapping.

A value may also come from a file: `BOXOFFICE_LOG_URL_FILE=/etc/...` is read when
`BOXOFFICE_LOG_URL` is not given. Unknown `BOXOFFICE_*` names and wrong values are
all reported at once. Nothing else in the house reads the environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from boxoffice.errors import Misconfigured

PREFIX = "BOXOFFICE_"
FOREIGN = ("BOXOFFICE_TEST_", "BOXOFFICE_CACHE")
"""Names that belong to the tests and the stack command."""
HERE = "http://127.0.0.1:8000"
"""Where buyers come back to when nobody said where the pages are."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How this process runs; the defaults are the embedded box office."""

    log_url: str = ""
    """`sqlite:///path`, `postgresql://…` or `memory://`; default: a file in `data`."""
    migrator_url: str = ""
    """The owner of the log's schema; only `migrate` needs it."""
    kafka_url: str = ""
    """`host:port[,host:port]`; empty: the bus is inside this process."""
    mongo_url: str = ""
    """Empty: documents live in memory and are replayed at start."""
    mongo_database: str = "boxoffice"
    redis_url: str = ""
    """Empty: the availability cache lives in memory."""
    redis_prefix: str = "bo:"
    topic_prefix: str = "boxoffice"
    payments_url: str = ""
    """A payment provider that speaks Stripe's API; empty: an embedded sandbox."""
    payments_key: str = ""
    """Our secret key there."""
    payments_webhook_secrets: str = ""
    """What its notices are signed with; two, with a comma, while one is replaced."""
    payments_page: str = ""
    """Where buyers find the provider's own page; empty: `/pay` at `payments_url`."""
    payments_notice_window_s: float = 300.0
    """How far the time of a notice may lie from ours, either way."""
    data: str = ".boxoffice"
    """Folder of the embedded log and of generated secrets."""
    secret: str = ""
    """Key of cookies and request hashes; empty: generated once into `data`."""
    venue: str = "main"
    log_name: str = "main"

    hold_ttl_s: int = 600
    hold_cap_s: int = 1_800
    """However often it is renewed, a hold without an order ends this soon."""
    pay_s: int = 600
    """How long an order may wait for its payment, within the cap of its hold."""
    offer_s: int = 86_400
    """How long other places are kept for a buyer whose money came late."""
    approval_s: int = 86_400
    """How long comps wait for a second person before their places are free again."""
    refund_unapproved_max: int = 20_000
    """Minor units: what tickets of an order cost that one person alone takes back."""
    comps_unapproved_max: int = 4
    """Places of one performance that a person may give away alone; above it two do."""
    void_window_s: int = 86_400
    """How long after its confirmation a whole order can be undone."""
    exchange_fee: int = 0
    """Minor units that the house keeps for each ticket that is exchanged."""
    receipts_days: Annotated[int, msgspec.Meta(ge=7)] = 7
    """How long a repeated request is known again; a process's command is for ever. A
    log in PostgreSQL forgets nothing sooner than the least that can be said here."""
    writer_queue_max: int = 10_000
    """Commands that may wait; more get 503."""
    writer_batch_max: int = 200
    """Commands in one call to append."""
    writer_houses_max: int = 64
    """Performances, productions and plans kept in memory."""
    writer_orders_max: int = 10_000
    """Orders and promotions kept in memory."""
    command_timeout_s: float = 2.4
    """How long a request waits, for its commit or for an answer, before it gets 503."""
    payment_timeout_s: float = 5.0
    """How long the payment provider may take to answer a call."""
    payments_in_flight: Annotated[int, msgspec.Meta(ge=1)] = 64
    """Calls to the payment provider that are under way at once."""
    payment_retry_s: float = 0.2
    """Pause before an unanswered call is made again; each is twice the one before."""
    payment_retry_max_s: float = 30.0
    payment_watch_s: float = 2.0
    """Pause before looking how a payment stands that waits; doubled likewise."""
    payment_watch_max_s: float = 30.0
    refund_retry_s: float = 300.0
    """Pause before a refund that failed is tried anew; doubled likewise."""
    refund_retry_max_s: float = 86_400.0
    public_url: str = ""
    """Where buyers find the pages and come back to from the provider's; empty: here."""
    crash_at: str = ""
    """`place:n`: die there the n-th time, to prove that it does no harm. For tests."""
    drain_s: float = 10.0
    query_wait_s: float = 2.0
    """How long a query waits at most for the position of a token."""
    clock_offset_max_s: float = 1.0
    """More than this away from the database's clock, the process is not ready."""
    partitions: int = 4
    """Of each topic, when this house creates it."""
    relay_batch_max: int = 2_000
    relay_lease_s: float = 5.0
    projector_batch_max: int = 5_000
    socket_frames_s: float = 0.1
    """Deltas are merged this long before a frame is sent."""
    socket_queue_max: int = 64
    sockets_max: int = 2_000
    connections_max: Annotated[int, msgspec.Meta(ge=1)] = 4_000
    """Connections for requests to one API process; more are answered with 503."""
    health_port: int = 9000
    """Where relay, projector and reactor answer /livez and /readyz; 0: nowhere."""

    @property
    def home(self) -> str:
        """Give the address of the pages, without a slash at its end."""
        return (self.public_url or HERE).rstrip("/")


def load(environ: Mapping[str, str]) -> Settings:
    """Read the settings.

    Raises:
        Misconfigured: names every unknown or wrong variable.
    """
    known = {f"{PREFIX}{name.upper()}": name for name in Settings.__struct_fields__}
    given: dict[str, str] = {}
    problems: list[str] = []
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable.startswith(FOREIGN):
            continue
        plain = variable.removesuffix("_FILE")
        if variable in known:
            given[known[variable]] = text
        elif plain in known and plain not in environ:
            given[known[plain]] = _content(text, variable, problems)
        elif plain not in known:
            problems.append(f"{variable} is not a setting.")
    return _converted(given, problems)


def _content(path: str, variable: str, problems: list[str]) -> str:
    try:
        return Path(path).read_text("utf-8").strip()
    except OSError as error:
        problems.append(f"{variable}: {error.strerror}: {path}")
        return ""


def _converted(given: dict[str, str], problems: list[str]) -> Settings:
    for name, text in given.items():
        try:
            msgspec.convert({name: text}, Settings, strict=False)
        except msgspec.ValidationError as error:
            problems.append(f"{PREFIX}{name.upper()}: {error}")
    if problems:
        raise Misconfigured(" ".join(problems))
    return msgspec.convert(given, Settings, strict=False)
