"""What this process counts for Prometheus about its answers."""

from __future__ import annotations

from time import perf_counter

from prometheus_client import Counter, Histogram

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)

_answers = Counter(
    "boxoffice_http_answers",
    "Answers, by route and status.",
    labelnames=("route", "status"),
)
_times = Histogram(
    "boxoffice_http_seconds",
    "Time until an answer began, by route.",
    labelnames=("route",),
    buckets=BUCKETS_S,
)
_unknown = Counter(
    "boxoffice_http_bugs", "Errors that nobody expected; each is in the log."
)
_doubts = Counter(
    "boxoffice_notices_doubted",
    "Notices after which the provider says what nobody asked for.",
    labelnames=("what",),
)
_stuck = Counter(
    "boxoffice_notices_refunds_stuck",
    "Refunds that failed for good, as a notice told: somebody has to pay them back.",
)

_counters: dict[tuple[str, int], Counter] = {}
_clocks: dict[str, Histogram] = {}


def answered(route: str, status: int, *, since: float) -> None:
    """Count an answer; `since` is the `perf_counter` at which the request came."""
    counter = _counters.get((route, status))
    if counter is None:
        counter = _counters[route, status] = _answers.labels(route, str(status))
        _clocks[route] = _times.labels(route)
    counter.inc()
    _clocks[route].observe(perf_counter() - since)


def bug() -> None:
    """Count an error that nobody expected."""
    _unknown.inc()


def doubted(what: str) -> None:
    """Count a notice that somebody has to look at."""
    _doubts.labels(what).inc()


def refund_stuck() -> None:
    """Count a refund of which a notice told that it failed for good."""
    _stuck.inc()
