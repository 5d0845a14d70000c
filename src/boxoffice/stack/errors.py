"""What can go wrong with the stack; every text is one plain sentence for a person.

These are apart from `boxoffice.errors`: nobody outside the stack's own command meets
them, and no reply to a buyer ever carries one.
"""

from __future__ import annotations


class StackError(Exception):
    """The stack cannot do what was asked."""


class Missing(StackError):
    """Something this machine lacks; the text says what and how to get it."""


class WrongJars(StackError):
    """What was fetched is not what the committed list names; nothing of it is kept."""


class StartFailed(StackError):
    """A server ended, or did not answer in time; the text ends with its last words."""


class PortTaken(StartFailed):
    """A server ended because somebody took its port first: another port will do."""
