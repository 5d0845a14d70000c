"""The sandbox's HTTP: the wire format, the hosted pages and its own controls."""

from __future__ import annotations

import asyncio
import base64
import hmac
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs

import msgspec
from litestar import Litestar, Request, Response, get, post
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from boxoffice.sandbox import pages
from boxoffice.sandbox.cards import misprint, token_of
from boxoffice.sandbox.desk import (
    CREATE,
    METHOD,
    SERVER_ERROR,
    Desk,
    Reply,
    Work,
    on_purpose,
)
from boxoffice.sandbox.faults import Failure, Faults, Mischief, Operation
from boxoffice.sandbox.intents import Intent, Till
from boxoffice.sandbox.ledger import Ledger, read_standings
from boxoffice.sandbox.wire import Fields, WireError

BODY_MAX = 20_000
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none';"
    " frame-ancestors 'none'"
)
_Asked = Request[Any, Any, Any]
JSON, HTML = "application/json", "text/html; charset=utf-8"


class Sandbox:
    """What the handlers of one sandbox share."""

    def __init__(
        self,
        ledger: Ledger,
        till: Till,
        desk: Desk,
        mischief: Mischief,
        *,
        api_key: str,
        stall_s: float,
        now: Callable[[], float],
    ) -> None:
        self.ledger = ledger
        self.till = till
        self.desk = desk
        self.mischief = mischief
        self._api_key = api_key
        self._stall_s = stall_s
        self._now = now

    def today(self) -> date:
        """Give the day in UTC."""
        return datetime.fromtimestamp(self._now(), UTC).date()

    def check(self, request: _Asked) -> None:
        """Let through who has the key, as Bearer or as the user of Basic."""
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "basic":
            try:
                given = base64.b64decode(given).decode("ascii").partition(":")[0]
            except ValueError:
                given = ""
        if not hmac.compare_digest(given.encode(), self._api_key.encode()):
            raise WireError(401, "Invalid API Key provided.")

    async def post(
        self, request: _Asked, operation: Operation, make: Callable[[bytes], Work]
    ) -> Response[bytes]:
        """Answer a POST of the API."""
        self.check(request)
        body = await request.body()
        key = request.headers.get("idempotency-key", "")
        reply = await self.desk.ask(
            operation,
            path=request.url.path,
            key=key,
            body=body,
            work=make(body),
        )
        if not reply.is_replayed:
            await self._stall(operation, reply)
        return _answer(reply)

    async def _stall(self, operation: Operation, reply: Reply) -> None:
        """Keep the caller of a token that times out waiting."""
        slow = {
            "create": "after-authorise",
            "confirm": "after-authorise",
            "capture": "after-capture",
        }.get(operation)
        if slow is None:
            return
        method = msgspec.json.decode(reply.body).get("payment_method")
        if method and self.till.behaviour(method).slow == slow:
            await asyncio.sleep(self._stall_s)

    def of_buyer(self, request: _Asked, name: str) -> Intent:
        """Give the payment of a hosted page to who has its secret."""
        intent = self.till.find(name)
        given = request.query_params.get("client_secret", "")
        if not hmac.compare_digest(given.encode(), intent.client_secret.encode()):
            raise WireError(404, "There is no such payment.")
        return intent


def make_app(sandbox: Sandbox) -> Litestar:
    """Put the HTTP together."""
    return Litestar(
        route_handlers=[
            *_trying(sandbox),
            *_following(sandbox),
            *_reading(sandbox),
            *_hosted(sandbox),
            *_challenges(sandbox),
            *_controls(sandbox),
        ],
        exception_handlers={
            WireError: _refused,
            Failure: _failed,
            HTTPException: _not_found,
            Exception: _broken,
        },
        openapi_config=None,
        request_max_body_size=BODY_MAX,
        logging_config=None,
    )


def _trying(box: Sandbox) -> list[Any]:
    @post("/v1/payment_methods")
    async def methods(request: _Asked) -> Response[bytes]:
        return await box.post(
            request,
            "create",
            lambda body: lambda: box.desk.make_method(Fields(body, METHOD)),
        )

    @post("/v1/payment_intents")
    async def intents(request: _Asked) -> Response[bytes]:
        return await box.post(
            request,
            "create",
            lambda body: lambda: box.desk.make_intent(Fields(body, CREATE)),
        )

    @post("/v1/payment_intents/{name:str}/confirm")
    async def confirm(request: _Asked, name: FromPath[str]) -> Response[bytes]:
        known = ("payment_method", "return_url")
        return await box.post(
            request,
            "confirm",
            lambda body: lambda: box.desk.confirm(name, Fields(body, known)),
        )

    return [methods, intents, confirm]


def _following(box: Sandbox) -> list[Any]:
    @post("/v1/payment_intents/{name:str}/capture")
    async def capture(request: _Asked, name: FromPath[str]) -> Response[bytes]:
        known = ("amount_to_capture",)
        return await box.post(
            request,
            "capture",
            lambda body: lambda: box.desk.capture(name, Fields(body, known)),
        )

    @post("/v1/payment_intents/{name:str}/cancel")
    async def cancel(request: _Asked, name: FromPath[str]) -> Response[bytes]:
        known = ("cancellation_reason",)
        return await box.post(
            request,
            "cancel",
            lambda body: lambda: box.desk.cancel(name, Fields(body, known)),
        )

    @post("/v1/refunds")
    async def refunds(request: _Asked) -> Response[bytes]:
        known = ("payment_intent", "amount", "reason")
        return await box.post(
            request,
            "refund",
            lambda body: lambda: box.desk.refund(Fields(body, known)),
        )

    return [capture, cancel, refunds]


def _reading(box: Sandbox) -> list[Any]:
    @get("/v1/payment_intents/{name:str}")
    async def intent(request: _Asked, name: FromPath[str]) -> Response[bytes]:
        box.check(request)
        await box.mischief.before("read")
        return _json(box.till.find(name).wire())

    @get("/v1/refunds/{name:str}")
    async def refund(request: _Asked, name: FromPath[str]) -> Response[bytes]:
        box.check(request)
        await box.mischief.before("read")
        return _json(box.desk.find_refund(name))

    return [intent, refund]


def _hosted(box: Sandbox) -> list[Any]:
    @get("/pay/{name:str}")
    async def pay(request: _Asked, name: FromPath[str]) -> Response[bytes]:
        intent = box.of_buyer(request, name)
        if intent.status != "requires_payment_method":
            return _html(pages.over_page(intent))
        return _html(pages.card_page(intent))

    @post("/pay/{name:str}")
    async def paid(request: _Asked, name: FromPath[str]) -> Response[bytes]:
        intent = box.of_buyer(request, name)
        fields = await _form(request)
        if intent.status != "requires_payment_method":
            return _html(pages.over_page(intent))
        token, no = _instrument(fields, today=box.today())
        if no:
            return _html(pages.card_page(intent, refusal=no), status=422)
        with box.ledger.together():
            after = box.till.confirm(box.till.find(name), box.till.method(token))
        if after.last_payment_error is not None:
            no = str(after.last_payment_error["message"])
            return _html(pages.card_page(after, refusal=no), status=402)
        action = after.next_action or {}
        return _go(action.get("redirect_to_url", {}).get("url") or pages.back_to(after))

    return [pay, paid]


def _challenges(box: Sandbox) -> list[Any]:
    @get("/3ds/{name:str}")
    async def challenge(request: _Asked, name: FromPath[str]) -> Response[bytes]:
        intent = box.of_buyer(request, name)
        if intent.status != "requires_action":
            return _html(pages.over_page(intent))
        return _html(pages.challenge_page(intent))

    @post("/3ds/{name:str}")
    async def challenged(request: _Asked, name: FromPath[str]) -> Response[bytes]:
        box.of_buyer(request, name)
        fields = await _form(request)
        with box.ledger.together():
            intent = box.till.find(name)
            if intent.status != "requires_action":
                return _html(pages.over_page(intent))
            intent = box.till.authenticate(intent, agreed=fields.get("agreed") == "yes")
        return _go(pages.back_to(intent))

    return [challenge, challenged]


def _controls(box: Sandbox) -> list[Any]:
    @get("/livez")
    async def livez() -> Response[bytes]:
        return _json({"status": "alive"})

    @post("/v1/sandbox/faults")
    async def faults(request: _Asked) -> Response[bytes]:
        box.check(request)
        try:
            wanted = msgspec.json.decode(await request.body(), type=Faults)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise WireError(400, f"No such faults: {error}") from error
        box.mischief.become(wanted)
        return _json(msgspec.to_builtins(wanted))

    @post("/v1/sandbox/forget-keys")
    async def forget_keys(request: _Asked) -> Response[bytes]:
        box.check(request)
        box.desk.forget_keys()
        return _json({})

    @post("/v1/sandbox/settle/{name:str}")
    async def settle(request: _Asked, name: FromPath[str]) -> Response[bytes]:
        box.check(request)
        fields = Fields(await request.body(), ("outcome",))
        succeeds = fields.choice("outcome", "succeed", "fail") == "succeed"
        with box.ledger.together():
            after = box.till.settle(box.till.find(name), succeeds=succeeds)
        return _json(after.wire())

    @get("/v1/sandbox/ledger")
    async def ledger(request: _Asked) -> Response[bytes]:
        box.check(request)
        rows = box.ledger.db.execute("select * from postings").fetchall()
        names = ("entry", "intent", "account", "amount", "currency", "what")
        return _json(
            {
                "payments": [
                    msgspec.to_builtins(standing)
                    for standing in read_standings(box.ledger.db)
                ],
                "postings": [dict(zip(names, row, strict=True)) for row in rows],
            }
        )

    return [livez, faults, forget_keys, settle, ledger]


async def _form(request: _Asked) -> dict[str, str]:
    try:
        given = parse_qs((await request.body()).decode("ascii"), max_num_fields=20)
    except ValueError as error:
        raise WireError(400, "The form cannot be read.") from error
    return {name: values[-1] for name, values in given.items()}


def _instrument(fields: dict[str, str], *, today: date) -> tuple[str, str]:
    """Give the token of what the buyer pays with, or the sentence that refuses it."""
    if "pix" in fields:
        return ("pm_pix" if fields["pix"] == "paid" else "pm_pix_processing"), ""
    token = token_of(fields.get("number", ""))
    if token is None:
        return "", "This sandbox knows test cards only; see the list below."
    return token, misprint(fields.get("expiry", ""), fields.get("cvc", ""), today=today)


# ------------------------------------------------------------------------ answers


def _answer(reply: Reply) -> Response[bytes]:
    headers = {"Idempotent-Replayed": "true"} if reply.is_replayed else {}
    return Response(
        reply.body, status_code=reply.status, headers=headers, media_type=JSON
    )


def _json(thing: dict[str, Any], status: int = 200) -> Response[bytes]:
    return Response(msgspec.json.encode(thing), status_code=status, media_type=JSON)


def _html(page: str, status: int = 200) -> Response[bytes]:
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": POLICY,
        "Referrer-Policy": "no-referrer",
    }
    return Response(page.encode(), status_code=status, headers=headers, media_type=HTML)


def _go(address: str) -> Response[bytes]:
    if not address:
        return _html(pages.failure_page("The payment is done; close this page."))
    return Response(b"", status_code=303, headers={"Location": address})


def _refused(request: _Asked, error: WireError) -> Response[bytes]:
    if request.url.path.startswith("/v1/"):
        return Response(error.encoded(), status_code=error.status, media_type=JSON)
    return _html(pages.failure_page(str(error)), status=error.status)


def _failed(_request: _Asked, _error: Failure) -> Response[bytes]:
    body = on_purpose().encoded()
    return Response(body, status_code=SERVER_ERROR, media_type=JSON)


def _not_found(request: _Asked, error: HTTPException) -> Response[bytes]:
    status = error.status_code if error.status_code < SERVER_ERROR else 400
    return _refused(request, WireError(status, "Unrecognized request."))


def _broken(request: _Asked, error: Exception) -> Response[bytes]:
    if isinstance(error, UnicodeError | ValueError):
        return _refused(request, WireError(400, "The request cannot be read."))
    return _failed(request, Failure())
