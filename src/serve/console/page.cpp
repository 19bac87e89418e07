// The page to search and ask at /: plain HTML, style and script, without a build step.

#include "millpond/serve/apis.h"

namespace millpond::serve {
namespace {

constexpr const char* kHtml = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>millpond</title>
<link rel="stylesheet" href="/console/style.css">
<script src="/console/app.js" defer></script>
</head>
<body>
<header>
<h1>millpond</h1>
<form id="form" role="search">
<input id="query" name="query" type="search" placeholder="Search, or ask a question" aria-label="Search, or ask a question" autofocus required>
<button type="submit" name="search">Search</button>
<button type="button" id="ask">Ask</button>
<fieldset>
<label>by <select id="by"><option value="hybrid">words and meaning</option><option value="words">words</option><option value="vector">meaning</option></select></label>
<label>hits <input id="limit" type="number" min="1" max="100" value="10"></label>
<label>as of <input id="at" placeholder="now" size="12"></label>
<label>only from <input id="only" placeholder="part of a title or path" size="18"></label>
<label><input id="explain" type="checkbox"> explain</label>
</fieldset>
</form>
<p id="login" hidden><label>Token <input id="token" type="password" autocomplete="off" size="40"></label> <button id="save">Use it</button></p>
</header>
<main>
<section id="results" aria-live="polite"></section>
<aside id="place" hidden></aside>
</main>
</body>
</html>
)html";

constexpr const char* kStyle = R"css(
:root { color-scheme: light dark; --line: #8885; --mark: #ffd54f; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 76rem; padding: 0 1rem; }
header { border-bottom: 1px solid var(--line); padding-bottom: .75rem; }
h1 { font-size: 1.25rem; margin: .75rem 0; }
#query { font: inherit; padding: .4rem .6rem; width: min(40rem, 60%); }
button { font: inherit; padding: .4rem .8rem; }
fieldset { border: 0; padding: .5rem 0 0; display: flex; gap: 1.25rem; flex-wrap: wrap; font-size: .875rem; }
main { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 2rem; }
article { margin: 1.25rem 0; }
article h2 { font-size: 1rem; margin: 0; cursor: pointer; color: #1a6fb5; }
.where, .why { font-size: .8125rem; opacity: .75; overflow-wrap: anywhere; }
.text { white-space: pre-wrap; }
mark { background: var(--mark); color: #000; padding: 0 .1em; }
aside { border-left: 1px solid var(--line); padding-left: 1.25rem; position: sticky; top: 0; align-self: start; max-height: 100vh; overflow: auto; }
.near { opacity: .6; white-space: pre-wrap; }
.error { color: #b3261e; }
table { border-collapse: collapse; font-size: .8125rem; }
td, th { text-align: left; padding: .1rem .75rem .1rem 0; }
)css";

constexpr const char* kScript = R"js("use strict";
const at = (id) => document.getElementById(id);
const make = (tag, text, kind) => {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (kind) element.className = kind;
  return element;
};

async function call(name, body) {
  const headers = {"content-type": "application/json"};
  const token = sessionStorage.getItem("token");
  if (token) headers.authorization = "Bearer " + token;
  const answer = await fetch("/api/" + name, {method: "POST", headers, body: JSON.stringify(body)});
  const value = await answer.json();
  if (answer.status === 401) at("login").hidden = false;
  if (!answer.ok) throw new Error(value.error.message + (value.error.hint ? " " + value.error.hint : ""));
  return value;
}

function quoted(text, quotes) {
  const out = make("div", undefined, "text");
  let rest = text;
  for (const quote of quotes) {
    const place = rest.indexOf(quote.text);
    if (place < 0) continue;
    out.append(rest.slice(0, place), make("mark", quote.text));
    rest = rest.slice(place + quote.text.length);
  }
  out.append(rest);
  return out;
}

const place_of = (hit) => (hit.title || hit.uri) + (hit.pages ? ", page " + hit.pages[0] : "") +
  (hit.heading_path.length ? " — " + hit.heading_path.join(" › ") : "");

// The server escapes the text; only <mark> is left as a tag.
function marked(hit) {
  const out = make("div", "", "text");
  out.innerHTML = hit.highlighted;
  return out;
}

function hit_of(hit, number, body) {
  const article = make("article");
  const title = make("h2", number + ". " + place_of(hit));
  title.addEventListener("click", () => show(hit.citation));
  article.append(title, make("div", hit.uri + " · " + hit.citation.slice(0, 12), "where"), body);
  return article;
}

function why_of(hit) {
  const leg = (name, value) => name + ": " + (value ? "rank " + value.rank + ", " + value.score.toFixed(3) : "not among the candidates");
  return make("div", "score " + hit.score.toFixed(3) + " · " + leg("words", hit.words) + " · " + leg("meaning", hit.vector), "why");
}

function explanation(explain) {
  const table = make("table", undefined, "why");
  for (const term of explain.terms) {
    const row = make("tr");
    row.append(make("th", term.term), make("td", "in " + term.rows + " of " + explain.rows + " rows"), make("td", "weight " + term.weight.toFixed(2)));
    table.append(row);
  }
  const sum = make("p", "weights: words " + explain.words_weight.toFixed(2) + ", meaning " + explain.vector_weight.toFixed(2) + " · " +
    explain.embed_ms.toFixed(1) + " ms for the query's vector, " + explain.search_ms.toFixed(1) + " ms for the search", "why");
  const out = make("div");
  out.append(sum, table);
  return out;
}

async function search() {
  const only = at("only").value.trim().toLowerCase(), limit = Number(at("limit").value) || 10;
  const body = {query: at("query").value, by: at("by").value, limit: only ? 200 : limit, explain: true, highlight: true};
  if (at("at").value.trim()) body.at = at("at").value.trim();
  const found = await call("search", body);
  const hits = found.hits.filter((hit) => !only || (hit.title + " " + hit.uri).toLowerCase().includes(only)).slice(0, limit);
  const results = at("results");
  results.replaceChildren();
  if (!hits.length) results.append(make("p", "Nothing found."));
  hits.forEach((hit, index) => {
    const article = hit_of(hit, index + 1, marked(hit));
    if (at("explain").checked) article.append(why_of(hit));
    results.append(article);
  });
  if (at("explain").checked) results.append(explanation(found.explain));
}

async function ask() {
  const answer = await call("ask", {question: at("query").value});
  const results = at("results");
  results.replaceChildren(make("p", answer.kind === "not_found" ? "Not in these documents." : answer.answer, "answer"));
  for (const citation of answer.citations) results.append(hit_of(citation, "[" + citation.number + "]", quoted(citation.text, citation.quotes)));
}

async function show(citation) {
  const shown = await call("show", {citation});
  const row = shown.row, place = at("place");
  place.replaceChildren(make("h2", row.title || row.uri));
  if (row.first_page) place.append(make("div", "page " + row.first_page, "where"));
  for (const box of row.boxes || []) {
    if (typeof box.x0 === "number") place.append(make("div", `box on page ${box.page}: ${Math.round(box.x0)}, ${Math.round(box.y0)} – ${Math.round(box.x1)}, ${Math.round(box.y1)} points`, "where"));
  }
  place.append(make("p", shown.before, "near"), make("p", row.text, "text"), make("p", shown.after, "near"), make("h3", "From"));
  for (const link of shown.lineage) {
    place.append(make("div", link.table + " " + link.row.slice(0, 12) + (link.source ? " (source " + link.source + ")" : ""), "where"));
  }
  place.hidden = false;
}

const guarded = (work) => work().catch((problem) => at("results").replaceChildren(make("p", problem.message, "error")));
at("form").addEventListener("submit", (event) => { event.preventDefault(); guarded(search); });
at("ask").addEventListener("click", () => guarded(ask));
at("save").addEventListener("click", () => { sessionStorage.setItem("token", at("token").value.trim()); at("login").hidden = true; guarded(search); });
const wanted = new URLSearchParams(location.search).get("query");
if (wanted) { at("query").value = wanted; guarded(search); }
)js";

void add_file(Router& router, const char* path, const char* type, const char* text) {
  Route route{"GET", path, [type, text](const Request&, Context&) -> Result<Response> {
                Response out;
                out.headers = {{"content-type", type},
                               {"content-security-policy",
                                "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
                                "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"},
                               {"x-content-type-options", "nosniff"},
                               {"referrer-policy", "no-referrer"},
                               {"cache-control", "no-cache"}};
                out.body = text;
                return out;
              }};
  route.open = true;  // it holds no data; what it asks for needs a token
  router.add(std::move(route));
}

}  // namespace

void add_console(Router& router) {
  add_file(router, "/", "text/html; charset=utf-8", kHtml);
  add_file(router, "/console/style.css", "text/css; charset=utf-8", kStyle);
  add_file(router, "/console/app.js", "text/javascript; charset=utf-8", kScript);
}

}  // namespace millpond::serve
