"""The MCP SDK for Python, and the published conformance suites, against our server."""

import asyncio
import glob
import json
import os
import pathlib
import re
import shutil
import subprocess

from ponds import PROGRAM, ROOT, Missing, Server, contains, equal

# What our server offers: scenarios of the suites that need no tools made for the test.
SUITES = {
    "2025-11-25": ([], ["server-initialize", "ping", "tools-list", "resources-list", "prompts-list",
                    "dns-rebinding-protection"]),
    "2026-07-28": (["--spec-version", "2026-07-28"],
                       ["server-stateless", "tools-list", "resources-list", "prompts-list", "caching",
                        "sep-2164-resource-not-found", "dns-rebinding-protection"]),
}
# Checks of these scenarios that call tools which only a server made for the suite has.
NEED_TEST_TOOLS = {"sep-2575-server-rejects-undeclared-capability", "sep-2575-missing-capability-http-400",
                   "sep-2575-http-server-no-independent-requests-on-stream", "sep-2575-server-no-log-without-loglevel"}


async def walk_through(client):
    tools = [tool.name for tool in (await client.list_tools()).tools]
    equal(tools, ["search", "ask", "show", "list", "sql"])
    found = await client.call_tool("search", {"query": "notice period", "limit": 2})
    equal(found.is_error, False)
    hit = found.structured_content["hits"][0]
    contains(hit["text"], "three months")
    answered = await client.call_tool("ask", {"question": "How long is the notice period after probation?"})
    contains(answered.structured_content["answer"], "three months to the end of a month")
    equal(answered.structured_content["citations"][0]["citation"], hit["citation"])
    contains(answered.content[0].text, hit["citation"][:12])
    shown = await client.call_tool("show", {"citation": hit["citation"][:12]})
    equal(shown.structured_content["lineage"][-1]["source"], "unchanged")
    listed = await client.call_tool("list", {"what": "documents"})
    equal(len(listed.structured_content["documents"]), 4)
    rows = await client.call_tool("sql", {"query": "select count(*) from documents"})
    equal(rows.structured_content["rows"], [[4]])
    for refused in ("drop table documents", "select * from read_csv('/etc/passwd')", "select * from '/etc/passwd'"):
        equal((await client.call_tool("sql", {"query": refused})).is_error, True, refused)
    wrong = await client.call_tool("search", {"query": "x", "limit": 0})
    equal(wrong.is_error, True)
    contains(wrong.content[0].text, "limit must be at least 1")
    resources = (await client.list_resources()).resources
    equal(len(resources), 4)
    by_name = {resource.name: resource for resource in resources}
    document = await client.read_resource(str(by_name["employment.md"].uri))
    contains(document.contents[0].text, "three months to the end of a month")
    prompt = await client.get_prompt("cited_answer", {"question": "Who pays for travel?"})
    contains(prompt.messages[0].content.text, "Who pays for travel?")
    try:
        await client.read_resource("millpond://documents/" + "0" * 32)
    except Exception as refused:
        contains(str(refused), "no document has this id")
    else:
        raise AssertionError("a document that is not there was read")


def sdk():
    try:
        import mcp
    except ImportError as problem:
        raise Missing(f"mcp: {problem}")
    return mcp


def mcp_over_http(pond):
    """Both eras of the protocol, over HTTP."""
    mcp = sdk()

    async def run(server, mode):
        async with mcp.Client(server.base + "/mcp", mode=mode) as client:
            await walk_through(client)

    with Server(pond) as server:
        for mode in ("legacy", "2026-07-28"):
            asyncio.run(run(server, mode))


def mcp_over_standard_input(pond):
    mcp = sdk()

    async def run(mode):
        start = mcp.StdioServerParameters(command=PROGRAM, args=["--pond", str(pond.folder), "mcp"])
        async with mcp.Client(start, mode=mode) as client:
            await walk_through(client)

    for mode in ("legacy", "2026-07-28"):
        asyncio.run(run(mode))


def call(server, name, arguments, token=None):
    status, body = server.send("/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                                        "params": {"name": name, "arguments": arguments}}, token)
    return status, json.loads(body)


def mcp_keeps_rights(pond):
    """A token reads what it was given, and learns nothing of the rest."""
    chunks, nothing = pond.token("read:main.chunks"), pond.token("read:lab.*")
    with Server(pond, "--workers", "4") as server:
        equal(server.send("/mcp", {"jsonrpc": "2.0", "id": 1, "method": "ping"})[0], 401)
        equal(call(server, "search", {"query": "notice"}, chunks)[1]["result"]["isError"], False)
        equal(call(server, "search", {"query": "notice"}, nothing)[1]["result"]["isError"], True)
        tables = call(server, "list", {}, chunks)[1]["result"]["structuredContent"]["tables"]
        equal([table["table"] for table in tables], ["chunks"])
        for query in ("select * from documents", "with documents as (select 1) select * from main.documents",
                      "describe documents", "summarize documents", "select * from query('from documents')"):
            _, body = call(server, "sql", {"query": query}, chunks)
            equal(body["result"]["isError"], True, query)
        equal(call(server, "sql", {"query": "select count(*) from chunks"}, chunks)[1]["result"]["isError"], False)
        hit = call(server, "search", {"query": "notice"}, chunks)[1]["result"]["structuredContent"]["hits"][0]
        shown = call(server, "show", {"citation": hit["citation"]}, chunks)[1]["result"]["structuredContent"]
        equal([link["table"] for link in shown["lineage"]], ["chunks"])
        equal(call(server, "show", {"citation": hit["document"]}, chunks)[1]["result"]["isError"], True)


def suite_folder(version):
    folder = ROOT / ".deps/mcp" / version
    program = folder / "node_modules/@modelcontextprotocol/conformance/dist/index.js"
    if not program.exists():
        raise Missing(f"the conformance suite {version}: ./dev install --tests")
    return program


def node():
    own = ROOT / ".deps/node/bin/node"
    for program in (own, shutil.which("node")):
        if program and os.path.exists(program):
            version = subprocess.run([str(program), "--version"], capture_output=True, text=True).stdout
            if int(re.match(r"v(\d+)", version).group(1)) >= 22:
                return str(program)
    raise Missing("Node 22 or later")


def run_suite(pond, version):
    options, scenarios = SUITES[version]
    program, runner = suite_folder(version), node()
    passed = left_out = 0
    with Server(pond) as server:
        for scenario in scenarios:
            results = pond.folder / f"results-{version}-{scenario}"
            done = subprocess.run([runner, str(program), "server", "--url", server.base + "/mcp", "--scenario", scenario,
                                   "-o", str(results), *options], capture_output=True, text=True, timeout=120)
            files = glob.glob(str(results / "**/checks.json"), recursive=True)
            if not files:
                raise AssertionError(f"{scenario}: no results\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
            for check in json.loads(pathlib.Path(files[0]).read_text()):
                if check["status"] == "FAILURE" and check["id"] not in NEED_TEST_TOOLS:
                    raise AssertionError(f"{scenario}: {check['id']}: {check.get('errorMessage')}")
                passed += check["status"] == "SUCCESS"
                left_out += check["status"] == "FAILURE"
    print(f"      suite {version}: {passed} checks passed, {left_out} need tools made for the suite")
    equal(passed > len(scenarios), True, "checks that passed")


def mcp_suite_2025_11_25(pond):
    run_suite(pond, "2025-11-25")


def mcp_suite_2026_07_28(pond):
    run_suite(pond, "2026-07-28")


TESTS = [mcp_over_http, mcp_over_standard_input, mcp_keeps_rights, mcp_suite_2025_11_25, mcp_suite_2026_07_28]
