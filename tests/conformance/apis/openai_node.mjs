// usage: node openai_node.mjs http://127.0.0.1:PORT/v1
import assert from "node:assert/strict";
import OpenAI, {toFile} from "openai";

const client = new OpenAI({baseURL: process.argv[2], apiKey: "none is needed", maxRetries: 0});

const models = [];
for await (const model of client.models.list()) models.push(model.id);
assert.ok(models.includes("minilm-l6") && models.includes("millpond"));

const plain = await client.embeddings.create({model: "minilm-l6", input: ["one text", "another"], encoding_format: "float"});
const packed = await client.embeddings.create({model: "minilm-l6", input: ["one text", "another"]});  // asks for base64
assert.equal(packed.data[1].embedding.length, 384);
plain.data[1].embedding.forEach((value, i) => assert.ok(Math.abs(value - packed.data[1].embedding[i]) < 1e-6));
await assert.rejects(client.embeddings.create({model: "gpt-9", input: "x"}), OpenAI.NotFoundError);

const store = await client.vectorStores.create({name: "harbour"});
const file = await client.files.create({
  file: await toFile(Buffer.from("# Ferries\n\nThe ferry to the island leaves at seven in the morning.\n"), "ferries.md"), purpose: "assistants"});
const added = await client.vectorStores.files.createAndPoll(store.id, {file_id: file.id, attributes: {town: "Kiel"}}, {pollIntervalMs: 200});
assert.equal(added.status, "completed");
const hits = [];
for await (const hit of client.vectorStores.search(store.id, {query: "when does the ferry leave?"})) hits.push(hit);
assert.equal(hits[0].filename, "ferries.md");
assert.equal(hits[0].attributes.town, "Kiel");
assert.match(hits[0].content[0].text, /seven in the morning/);

const tools = [{type: "file_search", vector_store_ids: [store.id]}];
const response = await client.responses.create({model: "millpond", input: "When does the ferry to the island leave?", tools});
assert.match(response.output_text, /seven in the morning/);
const message = response.output.find((item) => item.type === "message");
const citation = message.content[0].annotations[0];
assert.equal(citation.type, "file_citation");
assert.equal(citation.file_id, file.id);

let streamed = "", last;
for await (const event of await client.responses.create({model: "millpond", input: "When does the ferry to the island leave?", tools, stream: true})) {
  if (event.type === "response.output_text.delta") streamed += event.delta;
  last = event.type;
}
assert.equal(last, "response.completed");
assert.equal(streamed, response.output_text);

let chat = "";
for await (const chunk of await client.chat.completions.create({model: "millpond", messages: [{role: "user", content: "What is the notice period?"}], stream: true})) {
  chat += chunk.choices[0]?.delta?.content ?? "";
}
assert.match(chat, /three months/);

await client.vectorStores.delete(store.id);
await client.files.delete(file.id);
await assert.rejects(client.files.retrieve(file.id), OpenAI.NotFoundError);
console.log("all as expected");
