"""Logs and figures of a process; set up by entry points only."""

from __future__ import annotations

import logging
import sys

import structlog
from prometheus_client import Counter, Gauge, Histogram

from boxoffice.application.writer import Writer

BATCH_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
COMMIT_BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 2.5)


def log_to_stderr(*, json: bool) -> None:
    """Send structured logs to stderr: JSON for machines, short lines for people."""
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        # Looked up for every line: a stream may be replaced while we run.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    # aiokafka reports every failed attempt of a retry that it handles itself.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


_depth = Gauge("boxoffice_writer_queue_depth", "Commands that wait.")
_batch = Histogram(
    "boxoffice_writer_batch_commands",
    "Commands in one append.",
    buckets=BATCH_BUCKETS,
)
_commit = Histogram(
    "boxoffice_writer_commit_seconds", "Time of one append.", buckets=COMMIT_BUCKETS
)
_conflicts = Counter("boxoffice_writer_conflicts", "Batches decided again.")
_halvings = Counter(
    "boxoffice_writer_halvings", "Batches split for data that could not be stored."
)


class WriterFigures:
    """Counts what the process's writer does, for Prometheus."""

    def watch(self, writer: Writer) -> None:
        """Read the queue's depth from this writer from now on."""
        _depth.set_function(lambda: writer.depth)

    def batch(self, *, commands: int, commit_s: float) -> None:
        """Note an append that was stored, and how long it took to become durable."""
        _batch.observe(commands)
        _commit.observe(commit_s)

    def conflict(self) -> None:
        """Note that a batch was decided again."""
        _conflicts.inc()

    def halving(self) -> None:
        """Note that a batch was split for data that could not be stored."""
        _halvings.inc()
