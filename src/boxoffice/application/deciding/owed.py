"""Roads to what staff do about money that the provider could not give back."""

from __future__ import annotations

from boxoffice.application.deciding.draft import Draft
from boxoffice.application.deciding.view import Road, Roads, View
from boxoffice.domain.decider import Decision
from boxoffice.domain.ids import Family, family, order_family
from boxoffice.domain.orders import decide as orders
from boxoffice.domain.payments import decide as payments
from boxoffice.domain.payments.commands import (
    ConfirmPayOut,
    PayOutRefund,
    RetryRefund,
)

_OfRefund = RetryRefund | PayOutRefund | ConfirmPayOut


def retry_refund(view: View, command: RetryRefund) -> Decision:
    """Decide on trying a refund again."""
    draft = _draft(view, command)
    draft.pay([payments.retry_refund(draft.payment, command)])
    return draft.decision


def pay_out_refund(view: View, command: PayOutRefund) -> Decision:
    """Decide on what somebody says to have given back by hand."""
    draft = _draft(view, command)
    draft.pay([payments.pay_out_refund(draft.payment, command)])
    return draft.decision


def confirm_pay_out(view: View, command: ConfirmPayOut) -> Decision:
    """Decide on what a second person says about that."""
    draft = _draft(view, command)
    draft.pay([payments.confirm_pay_out(draft.payment, command)])
    return draft.decision


def _draft(view: View, command: _OfRefund) -> Draft:
    draft = Draft(view, command.order)
    orders.own_order(draft.order, None)
    return draft


def _houses(command: _OfRefund) -> tuple[Family, ...]:
    return (family(command.performance),)


def _orders(command: _OfRefund) -> tuple[Family, ...]:
    return (order_family(command.order),)


ROADS: Roads = {
    RetryRefund: Road(retry_refund, _houses, _orders),
    PayOutRefund: Road(pay_out_refund, _houses, _orders),
    ConfirmPayOut: Road(confirm_pay_out, _houses, _orders),
}
