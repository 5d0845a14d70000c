"""Rules alone: whoever opens a connection here, even to this machine, fails."""

import pytest_socket


def pytest_runtest_setup() -> None:
    # The event loop wakes itself through a pair of Unix sockets.
    pytest_socket.disable_socket(allow_unix_socket=True)
