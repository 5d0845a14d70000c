"""Unix sockets only here, so that nobody listens is all a unit test can see."""

import os

from boxoffice.stack.listeners import listens


def test_nobody_listens_on_a_port_that_no_process_opened() -> None:
    assert not listens(os.getpid(), 1)


def test_a_process_that_is_gone_listens_nowhere() -> None:
    assert not listens(2**22 + 1, 1)
