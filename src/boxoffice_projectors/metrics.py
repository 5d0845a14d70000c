"""Figures of relay, projectors and reactors for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

relay_lag = Gauge(
    "boxoffice_relay_lag_positions", "Positions of the log that were not sent yet."
)
relay_messages = Counter("boxoffice_relay_messages", "Messages sent, marks included.")
projector_lag = Gauge(
    "boxoffice_projector_lag_positions",
    "Positions between the newest message that was polled and what is folded.",
    ["model", "partition"],
)
folded = Counter("boxoffice_projector_events_folded", "Events folded.", ["model"])
written = Counter(
    "boxoffice_projector_documents_written", "Documents written.", ["model"]
)
guard_misses = Counter(
    "boxoffice_projector_guard_misses",
    "Documents that somebody else had written newer.",
    ["model"],
)
gaps = Counter("boxoffice_projector_gaps", "Gaps met in a partition.", ["model"])
parked = Gauge(
    "boxoffice_projector_parked_documents",
    "Documents that met a fact which they cannot fold.",
    ["model", "partition"],
)
expired = Counter("boxoffice_reactor_holds_expired", "Holds that were tidied up.")
reactor_faults = Counter(
    "boxoffice_reactor_faults",
    "Errors that nobody expected, by job; each is in the log.",
    ["job"],
)
receipts_forgotten = Counter(
    "boxoffice_reactor_receipts_forgotten", "Receipts of requests that were forgotten."
)
checkout_calls = Counter(
    "boxoffice_checkout_calls",
    "Calls to the payment provider, by what came of them.",
    ["call", "outcome"],
)
checkout_open = Gauge(
    "boxoffice_checkout_open_orders", "Orders of which something is open."
)
checkout_set_aside = Gauge(
    "boxoffice_checkout_set_aside_orders",
    "Orders that the checkout cannot follow: somebody has to look.",
)
checkout_oldest = Gauge(
    "boxoffice_checkout_oldest_open_seconds",
    "How long something has been open, about, at most.",
)
checkout_doubts = Counter(
    "boxoffice_checkout_doubts",
    "Answers of the provider that are not what was asked for: somebody has to look.",
    ["what"],
)
refunds_stuck = Counter(
    "boxoffice_checkout_refunds_stuck",
    "Refunds that failed for good: somebody has to pay the money back.",
)
