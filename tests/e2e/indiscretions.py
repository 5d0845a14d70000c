"""A sale where everybody says too much, in every field that takes words.

Names go where they belong, so that what keeps them shows itself; addresses and card
numbers are typed wherever something can be typed, and are refused there. What could
not be told from other words (a name in a note of staff) is not planted: nothing but
whoever types it keeps it out.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx

from tests.e2e.house import House
from tests.e2e.stores import SETTLE_S
from tests.e2e.walker import Walker
from tests.unit.pages.buyers import code_of, pay_button

NAME, MAILBOX = "Zyxwyna Quibblethorpe", "zyxwyna.quibblethorpe"
EMAIL = f"{MAILBOX}@privacy.example"
HOST = "Wexford Hobbleday"
ONE, TWO = "Marlowe Jinkspur", "Tansy Ovenbright"
CARD, DECLINED = "4242424242424242", "4000000000000002"
SPACED = "4242 4242 4242 4242"
WORDS = (
    *("zyxwyna", "quibblethorpe", "wexford", "hobbleday"),
    *(CARD, SPACED, DECLINED, "privacy.example"),
)
STAFF_WORDS = ("marlowe", "jinkspur", "tansy", "ovenbright")
INDISCREET = {"user-agent": NAME, "x-correlation-id": CARD, "referer": f"/{EMAIL}"}
BUDGET = {"places_max": 40, "face_max": {"minor": 9_000_000, "currency": "USD"}}
COMPS = {
    "name": NAME,
    "email": EMAIL,
    "host": HOST,
    "reason": "Premiere",
    "budget": "press",
}
Headers = dict[str, str]


class Sale:
    """What is said to one house, and by whom."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.client = httpx.Client(base_url=house.url, headers=INDISCREET, timeout=30)
        self.one, self.two = self._staff(ONE), self._staff(TWO)
        show, other = self.client.get("/v1/performances").json()["items"]
        self._other: str = other["performance"]
        self.performance: str = show["performance"]
        self._next_place = 0
        self.unpaid = ""
        """An order that waits for its money, once everything was said."""

    def run(self) -> None:
        """Say everything."""
        self.purchases()
        self.mistakes()
        self.given_away()
        self.taken_back()
        self.swapped()
        self.on_pages()
        self.at_the_desk()
        self.at_the_console()
        _, self.unpaid = self.ordered(instrument="")
        self.called_off()

    def close(self) -> None:
        """Say nothing more."""
        self.client.close()

    # -------------------------------------------------------------------- buyers

    def purchases(self) -> None:
        """Buy by card and by Pix, and give up after a card was declined."""
        self.bought()
        self.bought(method="pix", instrument="pm_pix")
        buyer, code = self.ordered(instrument="pm_card_visa_chargeDeclined")
        refused(self.post(f"/v1/orders/{code}/cancel", buyer, {"note": NAME}), 403)
        done(self.post(f"/v1/orders/{code}/cancel", buyer, {}))
        self.until(code, "cancelled")

    def mistakes(self) -> None:
        """Type numbers, addresses and names where they do not belong."""
        buyer, hold = self.held(1)
        for wrong in (
            {"instrument": CARD},
            {"instrument": f"pm_{CARD}"},
            {"name": SPACED},
            {"email": CARD},
            {"promotion": CARD},
            {"note": NAME},
            {"promotion": "NOSUCH"},
        ):
            answer = self.post(f"{hold}/order", buyer, {**self.who(), **wrong})
            assert 400 <= answer.status_code < 500, answer.text
        for path in (f"/v1/orders/{CARD}", f"/orders/{EMAIL}", f"/v1/{NAME}"):
            assert self.client.get(path, headers=buyer).is_client_error
        self.client.get("/v1/performances", params={"after": EMAIL, "token": CARD})
        self.post("/v1/payments/webhook", {"stripe-signature": CARD}, {"id": EMAIL})

    # --------------------------------------------------------------------- staff

    def given_away(self) -> None:
        """Give places away, a few alone and many by two people."""
        done(self.client.put("/v1/comp-budgets/press", json=BUDGET, headers=self.one))
        hold = self.held(1, self.one)[1]
        wrong = {**COMPS, "reason": f"for {EMAIL}"}
        refused(self.post(f"{hold}/comps", self.one, wrong), 422)
        done(self.post(f"{hold}/comps", self.one, COMPS))
        many = self.held(6, self.one)[1]
        code = done(self.post(f"{many}/comps", self.one, COMPS)).json()["order"]
        order = self.order(code)
        (wish,) = order["requests"]
        path = f"/v1/orders/{code}/requests/{wish['request']}"
        refused(self.post(f"{path}/deny", self.two, {"note": f"card {SPACED}"}), 422)
        refused(self.post(f"{path}/approve", self.one, {}), 403)
        done(self.post(f"{path}/approve", self.two, {}))
        shown = self.until(code, "confirmed")["comps"]
        assert (shown["host"], shown["by"], shown["approver"]) == (HOST, ONE, TWO)

    def taken_back(self) -> None:
        """Refund one ticket, and void an order."""
        buyer, code = self.bought()
        body = {"tickets": self.tickets(code)[:1]}
        path = f"/v1/orders/{code}/refund"
        refused(self.post(path, buyer, {**body, "note": NAME}), 403)
        refused(self.post(path, self.one, {**body, "note": f"{EMAIL} is ill"}), 422)
        done(self.post(path, self.one, {**body, "note": "Ill"}))
        _, code = self.bought(places=1)
        path = f"/v1/orders/{code}/void"
        refused(self.post(path, self.one, {"note": f"card {CARD}"}), 422)
        done(self.post(path, self.one, {"note": "Slip"}))
        self.until(code, "voided")

    def swapped(self) -> None:
        """Exchange tickets for other places."""
        buyer, code = self.bought()
        _, hold = self.held(2, buyer)
        swap = {
            "tickets": self.tickets(code),
            "hold": {"performance": self.performance, "hold": hold.rsplit("/", 1)[1]},
            "instrument": "pm_card_visa",
        }
        wrong = {**swap, "instrument": f"pm_{DECLINED}"}
        refused(self.post(f"/v1/orders/{code}/exchange", buyer, wrong), 422)
        done(self.post(f"/v1/orders/{code}/exchange", buyer, swap))
        self.until(code, "confirmed", lines={"exchanged", "valid"})

    def called_off(self) -> None:
        """Close one sale and call another date off, with reasons for everybody."""
        for what, of in (("close", self.performance), ("cancel", self._other)):
            path = f"/v1/performances/{of}/{what}"
            refused(self.post(path, self.one, {"reason": f"ask {EMAIL}"}), 422)
            done(self.post(path, self.one, {"reason": "Flood"}))

    # --------------------------------------------------------- pages and console

    def on_pages(self) -> None:
        """Order on pages, with mistakes first, and cancel there."""
        with closing(Walker(self.house.url, **INDISCREET)) as walker:
            hall = walker.open(f"/performances/{self.performance}")
            hold = walker.send(hall, "Hold places", place=[str(self.place())])
            page = walker.follow(hold, "Checkout")
            wrong = {"name": SPACED, "email": CARD, "promotion": EMAIL}
            page = walker.send(page, pay_button(page), method="card", **wrong)
            assert page.status == 422
            right = {"name": NAME, "email": EMAIL, "method": "pix"}
            page = walker.send(page, pay_button(page), promotion=CARD, **right)
            assert page.status == 409
            page = walker.send(page, pay_button(page), promotion="", **right)
            assert NAME in walker.open(f"/orders/{code_of(page)}").words

    def at_the_desk(self) -> None:
        """Do on staff pages what staff do."""
        with closing(Walker(self.house.url, **INDISCREET)) as walker:
            token = self.one["authorization"].removeprefix("Bearer ")
            walker.send(walker.open("/staff"), "Sign in", token=token)
            walker.open(f"/staff/find?code={CARD}")
            _, code = self.ordered(instrument="")
            page = walker.open(f"/staff/orders/{code}")
            assert NAME in page.words
            page = walker.send(page, "Cancel it", note=f"{EMAIL} called")
            assert page.status == 422
            page = walker.send(page, "Cancel it", note="Called")
            assert f"by {ONE}" in page.words
            page = walker.open(f"/staff/performances/{self.performance}/places")
            given = {**COMPS, "place": [str(self.place())]}
            wrong = walker.send(
                page, "Give away", **{**given, "reason": f"card {SPACED}"}
            )
            assert wrong.status == 422
            assert f"Comps of {HOST}" in walker.send(wrong, "Give away", **given).words

    def at_the_console(self) -> None:
        """Do at a console what a console can do."""
        _, code = self.bought(places=1)
        void = ("order", "void", code, "--by", TWO, "--note")
        assert 1 == self.house.run(*void, f"{EMAIL} is ill").returncode
        assert 0 == self.house.run(*void, "Ill").returncode
        said = [word for name, text in COMPS.items() for word in (f"--{name}", text)]
        comps = ("order", "comps", self.performance, str(self.place()), "--by", TWO)
        given = self.house.run(*comps, *said)
        assert 0 == given.returncode, given.stderr

    # ------------------------------------------------------------------- in parts

    def post(self, path: str, who: Headers, body: Mapping[str, Any]) -> httpx.Response:
        """Ask for something under a key that says too much."""
        key = {"idempotency-key": f"{EMAIL} {CARD} {uuid4().hex}".replace(" ", "-")}
        return self.client.post(path, json=body, headers={**who, **key})

    def held(self, places: int, who: Headers | None = None) -> tuple[Headers, str]:
        """Hold the next places; give who has them and the hold's address."""
        if who is None:
            token = self.client.post("/v1/buyers").json()["token"]
            self.client.cookies.clear()
            who = {"authorization": f"Bearer {token}"}
        wish = {"places": [self.place() for _ in range(places)]}
        made = self.post(f"/v1/performances/{self.performance}/holds", who, wish)
        return who, done(made).headers["location"]

    def ordered(self, places: int = 2, **how: str) -> tuple[Headers, str]:
        """Order places; give who did and the order's code."""
        buyer, hold = self.held(places)
        answer = self.post(f"{hold}/order", buyer, {**self.who(), **how})
        return buyer, done(answer).json()["order"]

    def bought(self, places: int = 2, **how: str) -> tuple[Headers, str]:
        """Buy places."""
        buyer, code = self.ordered(places, **{"instrument": "pm_card_visa", **how})
        shown = self.until(code, "confirmed")
        assert shown["particulars"]["name"] == NAME
        return buyer, code

    def order(self, code: str) -> dict[str, Any]:
        """Give an order as staff see it."""
        found: dict[str, Any] = done(
            self.client.get(f"/v1/orders/{code}", headers=self.two)
        ).json()
        return found

    def tickets(self, code: str) -> list[dict[str, Any]]:
        """Give the tickets of an order."""
        lines = self.order(code)["lines"]
        return [
            {"performance": line["performance"], "place": line["place"]}
            for line in lines
        ]

    def until(
        self, code: str, status: str, *, lines: set[str] | None = None
    ) -> dict[str, Any]:
        """Wait until an order has come to this."""
        deadline = time.monotonic() + SETTLE_S
        while True:
            shown = self.order(code)
            states = {line["state"] for line in shown["lines"]}
            if shown["status"] == status and lines in (None, states):
                return shown
            assert time.monotonic() < deadline, shown
            time.sleep(0.1)

    def place(self) -> int:
        """Give a place that nobody took yet."""
        self._next_place += 1
        return self._next_place

    def who(self) -> dict[str, str]:
        """Give somebody who orders, each with an address of their own."""
        return {"name": NAME, "email": f"{MAILBOX}.{self._next_place}@privacy.example"}

    def _staff(self, person: str) -> Headers:
        made = self.house.run("token", "add", person)
        assert 0 == made.returncode, made.stderr
        return {"authorization": f"Bearer {made.stdout.strip()}"}


def done(answer: httpx.Response) -> httpx.Response:
    """Demand that something was done."""
    assert answer.is_success, answer.text
    return answer


def refused(answer: httpx.Response, status: int) -> None:
    """Demand that something was refused, without saying it again."""
    assert answer.status_code == status, answer.text
    assert EMAIL not in answer.text
    assert CARD not in answer.text
