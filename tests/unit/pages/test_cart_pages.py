"""Changing a hold and exchanging tickets by forms alone."""

from __future__ import annotations

from tests.unit.api.house import House
from tests.unit.pages.buyers import bought, code_of, held, stage_of
from tests.unit.pages.site import Visitor


async def typed(house: House, performance: str) -> None:
    """Offer two price types."""
    prices = [
        {"category": 0, "type": code, "price": {"minor": minor, "currency": "USD"}}
        for code, minor in (("adult", 4500), ("member", 4000))
    ]
    types = [
        {"code": "adult", "name": "Adult"},
        {"code": "member", "name": "Member", "proof": "Club card"},
    ]
    await house.client.put(
        f"/v1/performances/{performance}/prices",
        json={"prices": prices, "types": types},
        headers=house.staff(),
    )


async def test_one_type_is_chosen_for_all_or_one_for_each_place(
    ann: Visitor, house: House, performance: str
) -> None:
    await typed(house, performance)
    hold = await held(ann, performance, 1, 2, type="member")
    assert "Member USD 40.00" in hold.words
    assert "Total, all-in USD 80.00" in hold.words
    mixed = await held(ann, performance, 3, 4, type="adult", **{"type-4": "member"})
    assert "Total, all-in USD 85.00" in mixed.words


async def test_a_place_is_added_and_another_taken_out(
    ann: Visitor, performance: str
) -> None:
    hold = await held(ann, performance, 1)
    more = await ann.send(hold, "Add places", places=(2,))
    assert "Total, all-in USD 90.00" in more.words
    more.buttons["out"] = f"{hold.path}/take-out/1"
    more.button_fields["out"] = ("", "")
    less = await ann.send(more, "out")
    assert "seat 1" not in less.words.split("Held for you")[1].split("Total")[0]
    assert "Total, all-in USD 45.00" in less.words


async def test_a_hold_is_kept_longer_up_to_its_cap(
    ann: Visitor, house: House, performance: str
) -> None:
    hold = await held(ann, performance, 1)
    assert "until 04:10:00 PST" in hold.words
    house.clock.pass_(minutes=5)
    longer = await ann.send(hold, "Keep them longer")
    assert "until 04:15:00 PST" in longer.words
    assert "until 04:30:00 PST at most" in longer.words


async def test_a_place_that_is_gone_cannot_be_added_and_is_named(
    ann: Visitor, bob: Visitor, performance: str
) -> None:
    hold = await held(ann, performance, 1)
    await held(bob, performance, 2)
    refused = await ann.send(hold, "Add places", places=(2,))
    assert refused.status == 409
    assert refused.notice == "Stalls row A seat 2 was just taken by somebody else."
    nothing = await ann.send(hold, "Add places")
    assert nothing.notice == "Choose between one and eight places."


async def test_a_ticket_is_swapped_for_another_place(
    ann: Visitor, house: House, performance: str
) -> None:
    code = code_of(await bought(ann, house, performance, 1))
    begun = await ann.open(
        f"/exchanges?order={code}&into={performance}&ticket={performance}%3A1"
    )
    assert "exchanging 1 ticket" in begun.words
    begun.fields["ticket"] = f"{performance}:1"
    confirm = await ann.send(begun, "Hold places", places=(5,))
    assert "Nothing to pay" in confirm.words
    done = await ann.send(confirm, "Exchange")
    assert stage_of(done) == "confirmed"
    assert "Stalls row A seat 5" in done.words
    refused = await ann.send(confirm, "Exchange", key="0" * 32)
    assert code_of(refused) == code


async def test_an_exchange_of_nothing_goes_back_to_the_order(
    ann: Visitor, house: House, performance: str
) -> None:
    code = code_of(await bought(ann, house, performance, 1))
    back = await ann.open(f"/exchanges?order={code}&into={performance}")
    assert code_of(back) == code
    for query in ("", f"?order={code}&ticket=x", f"?order={code}&ticket=a:1&into=x"):
        assert (await ann.open(f"/exchanges{query}")).status in (400, 404)
