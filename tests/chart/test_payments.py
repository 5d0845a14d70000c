"""Who takes orders or pays for them knows one provider, and is known to it."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from boxoffice.sandbox.server import API_KEY, SECRET
from boxoffice_api.routes.webhooks import HANDLERS
from tests.chart.release import Release
from tests.chart.test_commands import parse
from tests.chart.test_compose import COMPOSE, SERVICES
from tests.chart.test_ingress import leads
from tests.chart.test_network_policies import PAYMENTS, egress, ports
from tests.chart.test_secrets import SECRETS, mounted

((WEBHOOK,),) = (handler.paths for handler in HANDLERS)
SANDBOX: dict[str, Any] = SERVICES["sandbox"]
PAYING = ("api", "reactor")


def option(name: str) -> str:
    """What the composed sandbox is told; fails unless it is told exactly once."""
    (found,) = (a for a in SANDBOX["command"] if a.startswith(f"--{name}="))
    return str(found.split("=", 1)[1])


@pytest.mark.parametrize("role", PAYING)
def test_the_provider_is_named_by_a_secret_of_its_own(
    full_release: Release, role: str
) -> None:
    given = mounted(full_release.pod_templates()[role])

    assert given[f"{SECRETS}/payments-url"] == ("house-payments", "url")
    assert given[f"{SECRETS}/payments-key"] == ("house-payments", "key")


@pytest.mark.parametrize("role", PAYING)
def test_the_way_to_the_provider_can_be_narrowed(
    full_release: Release, role: str
) -> None:
    (rule,) = (r for r in egress(full_release, role) if ports([r]) == PAYMENTS)

    assert rule["to"] == [{"ipBlock": {"cidr": "203.0.113.0/24"}}]


def test_notices_come_in_through_the_ingress(full_release: Release) -> None:
    (ingress,) = full_release.of_kind("Ingress")
    rules = ingress["spec"]["rules"][0]["http"]["paths"]

    (rule,) = (rule for rule in rules if leads(rule, WEBHOOK))

    assert rule["backend"]["service"]["name"].endswith("-api")


def test_the_sandbox_is_a_command_with_these_options() -> None:
    assert parse(SANDBOX["command"]) == 0


def test_the_sandbox_tells_the_api_of_payments() -> None:
    webhook = urlsplit(option("webhook"))

    assert webhook.hostname in SERVICES
    assert (webhook.netloc, webhook.path) == ("api:8000", WEBHOOK)


def test_the_books_of_the_sandbox_outlive_it() -> None:
    (volume,) = SANDBOX["volumes"]
    name, folder = volume.split(":")

    assert name in COMPOSE["volumes"]
    assert option("ledger").startswith(f"{folder}/")


@pytest.mark.parametrize("role", PAYING)
def test_a_service_that_pays_knows_the_sandbox_and_its_key(role: str) -> None:
    environment = SERVICES[role]["environment"]
    provider = urlsplit(environment["BOXOFFICE_PAYMENTS_URL"])

    assert (provider.hostname, provider.port) == ("sandbox", 8100)
    assert environment["BOXOFFICE_PAYMENTS_KEY"] == API_KEY


def test_the_api_knows_what_the_sandbox_signs_with() -> None:
    environment = SERVICES["api"]["environment"]

    assert environment["BOXOFFICE_PAYMENTS_WEBHOOK_SECRETS"] == SECRET


def test_browsers_find_the_sandbox_where_it_is_published() -> None:
    (published,) = SANDBOX["ports"]
    address, _ = published.rsplit(":", 1)

    assert option("public") == f"http://{address}"
    for role in PAYING:
        page = SERVICES[role]["environment"]["BOXOFFICE_PAYMENTS_PAGE"]
        assert page == f"{option('public')}/pay"


def test_the_sandbox_has_no_rights_to_lose() -> None:
    assert SANDBOX["read_only"] is True
    assert SANDBOX["cap_drop"] == ["ALL"]
    assert SANDBOX["security_opt"] == ["no-new-privileges:true"]


def test_the_sandbox_says_when_it_is_healthy() -> None:
    *_, script = SANDBOX["healthcheck"]["test"]

    compile(script, "healthcheck", "exec")

    assert '"http://127.0.0.1:8100/livez"' in script
