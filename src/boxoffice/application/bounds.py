"""How large a document may be, the same in every document store.

A bound that only one adapter checks is found in production; so all check it, before
anything of the call is written.
"""

from __future__ import annotations

from collections.abc import Sequence

from boxoffice.application.ports.documents import Document
from boxoffice.errors import Unstorable

DOCUMENT_BYTES_MAX = 256 * 1024


def check_bounds(model: str, documents: Sequence[Document]) -> None:
    """Let documents of a bounded size pass.

    Raises:
        Unstorable: one is too large; its read model breaks the bound it declares.
    """
    for document in documents:
        if (size := len(document.body)) > DOCUMENT_BYTES_MAX:
            detail = (
                f"Document {document.key!r} of {model} has {size} bytes; "
                f"at most {DOCUMENT_BYTES_MAX} are stored."
            )
            raise Unstorable(detail, model=model, key=document.key, size=size)
