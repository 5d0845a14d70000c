"""MongoDB as the stack runs it: a real replica set with one member.

The set's configuration names its member by host and port, so a folder that comes back
on another port is told its new address before it may become primary.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure

from boxoffice.stack.checks import ANSWER_LIMIT_S, check_mongo
from boxoffice.stack.server import Plan

if TYPE_CHECKING:
    from pathlib import Path

REPLICA_SET = "rs0"
NOT_YET_INITIALISED = 94
OPTIONS = {
    "--bind_ip": "127.0.0.1",
    "--replSet": REPLICA_SET,
    "--oplogSize": "64",
    "--wiredTigerCacheSizeGB": "0.25",
    # 26 MB on disk for an empty node where the default takes 300.
    "--wiredTigerEngineConfigString": "log=(file_max=8MB)",
}
PARAMETERS = {
    "diagnosticDataCollectionEnabled": "false",
    # Only at the start: set later it applies after the running sleep of a minute.
    "ttlMonitorSleepSecs": "1",
    # Fail points, for tests of retries.
    "enableTestCommands": "1",
}


def mongo_plan(program: Path, *, folder: Path, port: int) -> Plan:
    """Plan the server; its first check makes the replica set."""
    data = folder / "data"
    data.mkdir(exist_ok=True)
    options = [word for item in OPTIONS.items() for word in item]
    for parameter in PARAMETERS.items():
        options += ["--setParameter", "=".join(parameter)]
    place = ["--dbpath", str(data), "--port", str(port), "--nounixsocket"]
    # A short heartbeat: a driver learns of a lost primary by it alone.
    url = (
        f"mongodb://127.0.0.1:{port}/?replicaSet={REPLICA_SET}&heartbeatFrequencyMS=500"
    )
    return Plan(
        name="mongo",
        argv=(str(program), *place, *options),
        folder=folder,
        port=port,
        url=url,
        check=partial(_serving, f"127.0.0.1:{port}", url=url),
    )


async def _serving(address: str, *, url: str) -> str:
    direct = f"mongodb://{address}/?directConnection=true"
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
        direct, serverSelectionTimeoutMS=ANSWER_LIMIT_S * 1000
    )
    async with client:
        hello = await client.admin.command("hello")
        if not hello["isWritablePrimary"] and hello.get("me") != address:
            await _make_member(client, address)
    return await check_mongo(url)


async def _make_member(client: AsyncMongoClient[dict[str, Any]], address: str) -> None:
    """Make the set, or move its one member to this address."""
    member = {"_id": 0, "host": address}
    try:
        answer = await client.admin.command("replSetGetConfig")
    except OperationFailure as failure:
        if failure.code != NOT_YET_INITIALISED:
            raise
        config = {"_id": REPLICA_SET, "members": [member]}
        await client.admin.command("replSetInitiate", config)
        return
    config = answer["config"]
    moved = {**config, "members": [member], "version": config["version"] + 1}
    await client.admin.command("replSetReconfig", moved, force=True)
