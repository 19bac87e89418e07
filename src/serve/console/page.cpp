// The pages of the console, to search and ask and to look at a document: plain HTML, style and script, without a build
// step.

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
<script src="/console/shared.js" defer></script>
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
<label>only from <input id="only" placeholder="part of an address" size="16"></label>
<label>where <input id="where" placeholder="ordinal &lt; 3" size="16"></label>
<label>around <select id="around"><option value="">nothing</option><option value="section">the section</option></select></label>
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

constexpr const char* kDocumentHtml = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>millpond: document</title>
<link rel="stylesheet" href="/console/style.css">
<script src="/console/shared.js" defer></script>
<script src="/console/document.js" defer></script>
</head>
<body>
<header>
<h1><a href="/">millpond</a> · <span id="title"></span></h1>
<p id="login" hidden><label>Token <input id="token" type="password" autocomplete="off" size="40"></label> <button id="save">Use it</button></p>
</header>
<main class="document">
<section class="sheet">
<div class="turn" id="turn" hidden><button id="back">‹</button><label>page <input id="page" type="number" min="1" value="1"></label><span id="of"></span><button id="next">›</button></div>
<div id="sheet"></div>
</section>
<section id="parts"></section>
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
[hidden] { display: none !important; }
.near { opacity: .6; white-space: pre-wrap; }
.error { color: #b3261e; }
.page { position: relative; border: 1px solid var(--line); background: #fff; }
.page img { display: block; width: 100%; }
.page div { position: absolute; border: 2px solid #e67e00; background: #ffd54f55; pointer-events: none; }
.page div.part { border: 1px solid transparent; background: none; pointer-events: auto; }
.page div.part.on, .page div.part:hover { border-color: #1a6fb5; background: #1a6fb533; }
.turn { display: flex; gap: .75rem; align-items: center; padding: .5rem 0; }
.part { padding: .1rem .35rem; border-left: 3px solid transparent; white-space: pre-wrap; overflow-wrap: anywhere; }
.part.on { border-color: #1a6fb5; background: #1a6fb522; }
.part b { font-size: .75rem; font-weight: normal; opacity: .65; margin-right: .5rem; }
main.document { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
.part img { display: block; max-width: 100%; max-height: 24rem; background: #fff; }
.sheet { position: sticky; top: 0; align-self: start; }
table { border-collapse: collapse; font-size: .8125rem; }
td, th { text-align: left; padding: .1rem .75rem .1rem 0; }
)css";

// What both pages use: a request with the token, and the picture of a page with boxes on it.
constexpr const char* kShared = R"js("use strict";
const at = (id) => document.getElementById(id);
const make = (tag, text, kind) => {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (kind) element.className = kind;
  return element;
};

async function ask_server(path, body) {
  const headers = {}, token = sessionStorage.getItem("token");
  if (token) headers.authorization = "Bearer " + token;
  if (body) headers["content-type"] = "application/json";
  const answer = await fetch(path, body ? {method: "POST", headers, body: JSON.stringify(body)} : {headers});
  if (answer.ok) return answer;
  if (answer.status === 401 && at("login")) at("login").hidden = false;
  const value = await answer.json();
  throw new Error(value.error.message + (value.error.hint ? " " + value.error.hint : ""));
}
const call = async (name, body) => (await ask_server("/api/" + name, body)).json();

// Boxes are in points of the page; as shares of its size they stay right at every width.
function put_box(sheet, box, size, kind) {
  const mark = make("div", undefined, kind);
  mark.style.left = 100 * box.x0 / size.width + "%";
  mark.style.top = 100 * box.y0 / size.height + "%";
  mark.style.width = 100 * (box.x1 - box.x0) / size.width + "%";
  mark.style.height = 100 * (box.y1 - box.y0) / size.height + "%";
  sheet.append(mark);
  return mark;
}

async function picture(id, page, width) {
  const answer = await ask_server("/api/documents/" + id + "/pages/" + page + "?width=" + width);
  const [page_width, page_height, pages] = answer.headers.get("millpond-page").split(" ").map(Number);
  const sheet = make("div", undefined, "page"), image = make("img");
  image.alt = "page " + page;
  image.src = URL.createObjectURL(await answer.blob());
  image.addEventListener("load", () => URL.revokeObjectURL(image.src));
  sheet.append(image);
  return {sheet, pages, width: page_width, height: page_height};
}
)js";

constexpr const char* kScript = R"js("use strict";
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
  title.addEventListener("click", () => guarded(() => show(hit)));
  article.append(title, make("div", hit.uri + " · " + hit.citation.slice(0, 12), "where"), body);
  return article;
}

function why_of(hit) {
  const leg = (name, value) => name + ": " + (value ? "rank " + value.rank + ", " + value.score.toFixed(3) : "not among the candidates");
  return make("div", "score " + hit.score.toFixed(3) + " · " + leg("words", hit.words) + " · " + leg("meaning", hit.vector) +
    (hit.feedback ? " · like the first: " + hit.feedback.score.toFixed(3) : "") +
    (hit.rerank ? " · read again: " + hit.rerank.score.toFixed(3) + ", before that rank " + hit.rerank.found_rank : ""), "why");
}

function explanation(explain) {
  const table = make("table", undefined, "why");
  for (const term of explain.terms) {
    const row = make("tr");
    row.append(make("th", term.term), make("td", "in " + term.rows + " of " + explain.rows + " rows"), make("td", "weight " + term.weight.toFixed(2)));
    table.append(row);
  }
  const sum = make("p", "weights: words " + explain.words_weight.toFixed(2) + ", meaning " + explain.vector_weight.toFixed(2) +
    ", likeness to the first hits " + explain.feedback_weight.toFixed(2) + " · " + explain.matching + " of " + explain.rows + " rows looked at · " +
    explain.embed_ms.toFixed(1) + " ms for the query's vector, " + explain.search_ms.toFixed(1) + " ms for the search", "why");
  const out = make("div");
  out.append(sum, table);
  return out;
}

async function search() {
  const body = {query: at("query").value, by: at("by").value, limit: Number(at("limit").value) || 10, explain: true, highlight: true};
  for (const [name, id] of [["at", "at"], ["from", "only"], ["where", "where"]]) {
    if (at(id).value.trim()) body[name] = at(id).value.trim();
  }
  if (at("around").value) body.section = true;
  const found = await call("search", body), hits = found.hits;
  const results = at("results");
  results.replaceChildren();
  if (!hits.length) results.append(make("p", "Nothing found."));
  hits.forEach((hit, index) => {
    const text = make("div");
    if (hit.before) text.append(make("div", hit.before, "near"));
    text.append(marked(hit));
    if (hit.after) text.append(make("div", hit.after, "near"));
    const article = hit_of(hit, index + 1, text);
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

// The page that a citation is on, with its boxes drawn; where the file is gone or has no pages, only the numbers.
async function show(hit) {
  const shown = await call("show", {citation: hit.citation});
  const row = shown.row, place = at("place"), boxes = (row.boxes || []).filter((box) => typeof box.x0 === "number");
  const title = make("h2"), link = make("a", row.title || row.uri);
  link.href = "/document?id=" + hit.document + (row.first_page ? "&page=" + row.first_page : "");
  title.append(link);
  place.replaceChildren(title);
  if (row.first_page) place.append(make("div", "page " + row.first_page, "where"));
  const pages = [...new Set(boxes.map((box) => box.page))];
  for (const page of pages.slice(0, 3)) {
    try {
      const drawn = await picture(hit.document, page, 900);
      for (const box of boxes.filter((box) => box.page === page)) put_box(drawn.sheet, box, drawn);
      place.append(drawn.sheet);
    } catch (problem) {
      place.append(make("div", problem.message, "where"));
      for (const box of boxes.filter((box) => box.page === page)) place.append(make("div", `box on page ${box.page}: ${Math.round(box.x0)}, ${Math.round(box.y0)} – ${Math.round(box.x1)}, ${Math.round(box.y1)} points`, "where"));
    }
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

// Elements on the right, the page that they are on at the left; pointing at one shows the other.
constexpr const char* kDocumentScript = R"js("use strict";
const wanted = new URLSearchParams(location.search), id = wanted.get("id") || "";
let elements = [], pictures = new Map(), page = Number(wanted.get("page")) || 1, pages = 0;

const box_of = (element) => element.box && typeof element.box.x0 === "number" ? element.box : undefined;

function pair(first, second) {
  for (const [one, other] of [[first, second], [second, first]]) {
    one.addEventListener("mouseenter", () => { first.classList.add("on"); second.classList.add("on"); if (one === first) other.scrollIntoView({block: "nearest"}); });
    one.addEventListener("mouseleave", () => { first.classList.remove("on"); second.classList.remove("on"); });
  }
}

async function draw() {
  const parts = at("parts");
  parts.replaceChildren();
  let drawn;
  try {
    drawn = await picture(id, page, 1200);
    pages = drawn.pages;
    at("sheet").replaceChildren(drawn.sheet);
    at("turn").hidden = false;
    at("page").value = page;
    at("page").max = pages;
    at("of").textContent = "of " + pages;
  } catch (problem) {
    at("sheet").replaceChildren(make("p", problem.message, "where"));
  }
  for (const element of elements) {
    if (drawn && element.page && element.page !== page) continue;
    const part = make("div", undefined, "part");
    part.append(make("b", element.kind + (element.level ? " " + element.level : "")));
    if (pictures.has(element)) {
      const image = make("img");
      image.alt = element.text;
      image.src = pictures.get(element);
      part.append(image);
    }
    part.append(element.text);
    parts.append(part);
    const box = drawn && box_of(element);
    if (box) pair(put_box(drawn.sheet, box, drawn, "part"), part);
  }
}

async function open_document() {
  const found = await (await ask_server("/api/documents/" + encodeURIComponent(id) + "?elements=true")).json();
  elements = found.elements;
  at("title").textContent = found.title || found.uri || id;
  document.title = at("title").textContent;
  await draw();
  if (!elements.some((element) => element.kind === "figure")) return;
  const shown = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"];
  const own = await ask_server("/api/documents/" + encodeURIComponent(id) + "/pictures").then((answer) => answer.json()).catch(() => ({pictures: []}));
  for (const each of own.pictures) {
    if (!shown.includes(each.media_type)) continue;
    const bytes = Uint8Array.from(atob(each.data), (c) => c.charCodeAt(0));
    pictures.set(elements[each.element], URL.createObjectURL(new Blob([bytes], {type: each.media_type})));
  }
  if (pictures.size) await draw();
}

function turn(to) {
  if (to < 1 || (pages && to > pages)) return;
  page = to;
  history.replaceState(null, "", "/document?id=" + id + "&page=" + page);
  guarded(draw);
}

const guarded = (work) => work().catch((problem) => at("parts").replaceChildren(make("p", problem.message, "error")));
at("back").addEventListener("click", () => turn(page - 1));
at("next").addEventListener("click", () => turn(page + 1));
at("page").addEventListener("change", () => turn(Number(at("page").value)));
at("save").addEventListener("click", () => { sessionStorage.setItem("token", at("token").value.trim()); at("login").hidden = true; guarded(open_document); });
guarded(open_document);
)js";

void add_file(Router& router, const char* path, const char* type, const char* text) {
  Route route{"GET", path, [type, text](const Request&, Context&) -> Result<Response> {
                Response out;
                out.headers = {{"content-type", type},
                               {"content-security-policy",
                                "default-src 'none'; script-src 'self'; style-src 'self'; "
                                "img-src blob:; connect-src 'self'; "
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
  add_file(router, "/document", "text/html; charset=utf-8", kDocumentHtml);
  add_file(router, "/console/shared.js", "text/javascript; charset=utf-8", kShared);
  add_file(router, "/console/document.js", "text/javascript; charset=utf-8", kDocumentScript);
  add_file(router, "/console/style.css", "text/css; charset=utf-8", kStyle);
  add_file(router, "/console/app.js", "text/javascript; charset=utf-8", kScript);
}

}  // namespace millpond::serve
