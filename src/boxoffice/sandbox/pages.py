"""The pages a buyer is sent to: give a card, confirm a payment, pay by Pix.

Plain forms without a script. The card's number goes from the browser to here and
nowhere else.
"""

from __future__ import annotations

from decimal import Decimal
from html import escape
from urllib.parse import urlencode, urlsplit

from boxoffice.sandbox.cards import NUMBERS
from boxoffice.sandbox.intents import Intent

ZERO_DECIMALS = frozenset(
    "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split()  # noqa: SIM905  (reads better than fifteen quotes)
)
"""On the wire. Source: docs.stripe.com/currencies, "Zero-decimal currencies"."""
OUTCOMES = {
    "requires_payment_method": "failed",
    "canceled": "failed",
    "processing": "pending",
}
STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f3f4f8;color:#1b1d29}
main{max-width:25rem;margin:8vh auto;padding:1.75rem;background:#fff;border-radius:14px;
box-shadow:0 2px 24px #1b1d2918}
h1{font-size:1.25rem;margin:0 0 .25rem}p{margin:.5rem 0}
.sum{font-size:1.9rem;font-weight:650;margin:.25rem 0 1.25rem}
label{display:block;font-size:.85rem;margin:.9rem 0 .25rem}
input{box-sizing:border-box;width:100%;font:inherit;padding:.6rem .7rem;border:1px solid
#aab;border-radius:8px;background:inherit;color:inherit}
.two{display:grid;grid-template-columns:1fr 1fr;gap:.75rem}
button{font:inherit;font-weight:600;width:100%;padding:.7rem;margin-top:1.1rem;border:0;
border-radius:8px;background:#3b3fd8;color:#fff;cursor:pointer}
button.plain{background:none;color:inherit;border:1px solid #aab}
.no{background:#fdecec;color:#8c1d1d;border-radius:8px;padding:.6rem .8rem}
.note{font-size:.85rem;color:#5c6070}code{word-break:break-all}
details{margin-top:1.25rem;font-size:.85rem}li{margin:.15rem 0}
@media(prefers-color-scheme:dark){body{background:#14151d;color:#e8e9f1}
main{background:#1e202c}.note{color:#a2a6b8}button{background:#5559ee}
.no{background:#4a1f24;color:#ffd9d9}}
"""


def amount(intent: Intent) -> str:
    """Show what is to be paid."""
    decimals = 0 if intent.currency in ZERO_DECIMALS else 2
    value = Decimal(intent.amount).scaleb(-decimals)
    return f"{intent.currency.upper()} {value:,}"


def card_page(intent: Intent, *, refusal: str = "") -> str:
    """Ask for a card, or for the word that a Pix was paid."""
    if "pix" in intent.payment_method_types:
        return _pix_page(intent, refusal)
    known = "".join(f"<li><code>{number}</code></li>" for number in NUMBERS)
    return _page(
        "Pay by card",
        f"""
        <h1>Pay by card</h1><p class="sum">{escape(amount(intent))}</p>{_no(refusal)}
        <form method="post">
        <label for="number">Card number</label>
        <input id="number" name="number" inputmode="numeric" autocomplete="cc-number"
          required maxlength="23" placeholder="4242 4242 4242 4242">
        <div class="two"><div><label for="expiry">Expiry</label>
        <input id="expiry" name="expiry" autocomplete="cc-exp" placeholder="12 / 34"
          maxlength="9"></div>
        <div><label for="cvc">Security code</label>
        <input id="cvc" name="cvc" inputmode="numeric" autocomplete="cc-csc"
          placeholder="123" maxlength="4"></div></div>
        <button>Pay {escape(amount(intent))}</button></form>
        <p class="note">This is a sandbox: no money moves.</p>
        <details><summary>Test cards</summary><ul>{known}</ul></details>""",
    )


def challenge_page(intent: Intent) -> str:
    """Ask the buyer to confirm a payment, as a bank would."""
    return _page(
        "Confirm the payment",
        f"""
        <h1>Your bank asks</h1><p class="sum">{escape(amount(intent))}</p>
        <p>Do you want to make this payment?</p>
        <form method="post"><button name="agreed" value="yes">Yes, confirm</button>
        <button class="plain" name="agreed" value="no">No, I do not know it</button>
        </form><p class="note">This is a sandbox: no money moves.</p>""",
    )


def over_page(intent: Intent) -> str:
    """Say that there is nothing left to do here."""
    back = back_to(intent)
    link = f'<p><a href="{escape(back)}">Back to the box office</a></p>' if back else ""
    return _page(
        "Nothing to do",
        f"<h1>Nothing to do</h1><p>This payment is {escape(_words(intent))}.</p>{link}",
    )


def failure_page(sentence: str) -> str:
    """Say in a sentence what is wrong."""
    return _page("Sandbox", f"<h1>That did not work</h1>{_no(sentence)}")


def back_to(intent: Intent) -> str:
    """Give the address that the buyer is sent back to; empty when there is none."""
    parts = urlsplit(intent.return_url)
    if parts.scheme not in ("http", "https"):
        return ""
    outcome = OUTCOMES.get(intent.status, "succeeded")
    query = urlencode(
        {
            "payment_intent": intent.id,
            "redirect_status": outcome,
        }
    )
    joined = f"{parts.query}&{query}" if parts.query else query
    return parts._replace(query=joined).geturl()


def _pix_page(intent: Intent, refusal: str) -> str:
    return _page(
        "Pay by Pix",
        f"""
        <h1>Pay by Pix</h1><p class="sum">{escape(amount(intent))}</p>{_no(refusal)}
        <p>Copy this code into your bank's app:</p>
        <p><code>SANDBOX{intent.id}</code></p>
        <form method="post"><button name="pix" value="paid">I have paid</button>
        <button class="plain" name="pix" value="later">Leave it processing</button>
        </form><p class="note">This is a sandbox: no money moves.</p>""",
    )


def _words(intent: Intent) -> str:
    return intent.status.replace("requires_capture", "authorised").replace("_", " ")


def _no(refusal: str) -> str:
    return f'<p class="no" role="alert">{escape(refusal)}</p>' if refusal else ""


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>"
    )
