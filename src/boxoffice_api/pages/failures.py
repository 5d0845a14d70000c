"""Errors as pages: the same look, one plain sentence, and a way on.

A browser that asks for a page gets one; programs, and everything under `/v1`, get the
API's problem documents.
"""

from __future__ import annotations

import msgspec

from boxoffice_api.answers import Answer
from boxoffice_api.head import Head
from boxoffice_api.pages.paper import Paper
from boxoffice_api.problems import Problem, answer_error

HEADINGS = {
    401: "Please sign in",
    403: "Not this way",
    404: "Not here",
    409: "That did not work",
    503: "One moment, please",
}
SENTENCES = {
    "unauthenticated": (
        "We do not know you yet; open the page again and allow its cookies."
    ),
}
"""Where the API's sentence speaks to a program."""
OTHER_HEADING = "That did not work"
_PROBLEM = msgspec.json.Decoder(Problem)


def wants_page(head: Head) -> bool:
    """Tell whether an error should be a page."""
    is_api = head.path.startswith("/v1/")
    return not is_api and b"text/html" in head.headers.get(b"accept", b"")


def failure(paper: Paper, head: Head, error: Exception) -> Answer:
    """Show an error."""
    answer = answer_error(error, path=head.path)
    told = _PROBLEM.decode(answer.body)
    code = told.type.rpartition("/")[2]
    is_staff = head.path.startswith("/staff")
    return paper.page(
        head,
        "failure.html",
        status=answer.status,
        headers=tuple(f for f in answer.headers if f[0] in ("retry-after", "allow")),
        heading=HEADINGS.get(answer.status, OTHER_HEADING),
        sentence=SENTENCES.get(code, told.detail),
        back=("/staff", "Staff page") if is_staff else ("/", "All performances"),
        position=None,
    )
