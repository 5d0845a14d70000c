"""What CI runs, session by session, in the environment that ./box made.

`./box test` runs the sessions marked as default. Every tool comes from .venv, whose
versions and hashes are pinned; no session makes an environment of its own. The real
services are started once, by `boxoffice stack run`, unless all their URLs are given.
"""

import os
import sys
from pathlib import Path

import nox

ROOT = Path(__file__).resolve().parent
BIN = Path(sys.prefix) / "bin"
SERVICES = ("postgres", "kafka", "mongo", "redis")
ON_SERVICES = ("contract", "integration", "e2e")
SOAK = "tests/e2e/test_checkout_soak.py"
GROUPS = ("dev", "build", "uv")

nox.needs_version = ">=2025.10.16"
nox.options.default_venv_backend = "none"
nox.options.error_on_external_run = False

if Path(sys.prefix).resolve() != ROOT / ".venv":
    sys.exit(f"The sessions need the pinned tools: run {ROOT / 'box'} test instead.")
os.environ["PATH"] = os.pathsep.join(
    [str(BIN), str(ROOT / ".tools" / "bin"), os.environ["PATH"]]
)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, house rules, spelling and changelog fragments."""
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("python", "-m", "tools.lint")
    session.run("codespell")
    session.run("towncrier", "build", "--draft", "--version", "next", silent=True)


@nox.session
def types(session: nox.Session) -> None:
    """Types, strictly."""
    session.run("mypy")


@nox.session
def imports(session: nox.Session) -> None:
    """Imports point inwards."""
    session.run("lint-imports", "--no-logo")


@nox.session
def unit(session: nox.Session) -> None:
    """Rules alone: no network, no service."""
    run_tests(session, "tests/unit", "--disable-socket", "--allow-unix-socket")


@nox.session(name="property")
def property_(session: nox.Session) -> None:
    """State machines, codecs and seeded simulations."""
    run_tests(session, "tests/property", "--disable-socket", "--allow-unix-socket")


@nox.session
def chart(session: nox.Session) -> None:
    """The chart, linted and rendered by a real Helm engine."""
    run_tests(session, "tests/chart")


@nox.session
def services(session: nox.Session) -> None:
    """Start the services once and run every session that needs them."""
    if not any(holds_tests(f"tests/{name}") for name in ON_SERVICES):
        session.skip("no tests on services")
    run_on_services(session, "nox", "--session", *ON_SERVICES, "--", *session.posargs)


@nox.session(default=False)
def contract(session: nox.Session) -> None:
    """One suite for every implementation of a port."""
    run_tests_on_services(session, "tests/contract")


@nox.session(default=False)
def integration(session: nox.Session) -> None:
    """Parts of the system on real services."""
    run_tests_on_services(session, "tests/integration")


@nox.session(default=False)
def e2e(session: nox.Session) -> None:
    """The whole system in processes, and the pages in a real Chromium."""
    run_tests_on_services(session, "tests/e2e", "chromium")


@nox.session(default=False)
def soak(session: nox.Session) -> None:
    """Ten thousand orders while everything goes wrong; CI does a thousand."""
    os.environ.setdefault("BOXOFFICE_TEST_SOAK_ORDERS", "10000")
    run_on_services(session, "python", "-m", "pytest", SOAK, *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure; every figure is a ratio taken within one run."""
    run_on_services(session, "python", "-m", "benchmarks", *session.posargs, fast=False)


@nox.session(default=False)
def pins(session: nox.Session) -> None:
    """Write requirements/ anew: the newest versions that pyproject.toml allows."""
    run = "requirements/run.txt"
    compile_pins(session, "pyproject.toml", "--upgrade", "--output-file", run)
    for group in GROUPS:
        source = ["pyproject.toml", "--constraints", run] if group == "dev" else []
        target = f"requirements/{group}.txt"
        wanted = ["--group", group, "--upgrade", "--output-file", target]
        compile_pins(session, *source, *wanted)
    stack = ["--group", "stack", "--output-file", "requirements/stack.txt"]
    compile_pins(session, "--no-deps", *stack)


def compile_pins(session: nox.Session, *args: str) -> None:
    """Pin for every platform by version and hash, naming no host.

    The comments of uv would name the machine's settings, so none are written.
    """
    quiet = ["--quiet", "--no-emit-index-url", "--no-annotate", "--no-header"]
    every = ["--universal", "--python-version", "3.11", "--generate-hashes"]
    session.run("uv", "pip", "compile", *quiet, *every, *args)


def holds_tests(folder: str) -> bool:
    return any((ROOT / folder).rglob("test_*.py"))


def run_tests(session: nox.Session, folder: str, *options: str) -> None:
    """One pytest over one folder, whose summary is the last line of the session."""
    if not holds_tests(folder):
        session.skip(f"{folder} holds no tests")
    session.run("python", "-m", "pytest", folder, *options, *session.posargs)


def run_tests_on_services(session: nox.Session, folder: str, *needed: str) -> None:
    """As run_tests, with the four services up; neither they nor `needed` may lack."""
    if not holds_tests(folder):
        session.skip(f"{folder} holds no tests")
    command = ("python", "-m", "pytest", folder, *session.posargs)
    run_on_services(session, *command, needed=needed)


def run_on_services(
    session: nox.Session,
    *command: str,
    fast: bool = True,
    needed: tuple[str, ...] = (),
) -> None:
    """Run a command with BOXOFFICE_TEST_{POSTGRES,KAFKA,MONGO,REDIS}_URL set.

    Tests throw their data away and need no flush to disk; figures do.
    """
    given = all(f"BOXOFFICE_TEST_{name.upper()}_URL" in os.environ for name in SERVICES)
    flavour = ["--fast"] if fast else []
    stack = [] if given else ["boxoffice", "stack", "run", *flavour, "--"]
    required = {"BOXOFFICE_TEST_REQUIRE": ",".join((*SERVICES, *needed))}
    session.run(*stack, *command, env=required)
