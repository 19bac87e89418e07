// Text into tokens and into chunks: never crashes, every way of counting agrees, every chunk keeps its budget.
#include "millpond/model/tokenizer.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "millpond/chunk/chunker.h"
#include "millpond/model/catalog.h"

namespace {

using millpond::model::Tokenizer;

std::shared_ptr<const Tokenizer> shared_tokenizer() {
  static const std::shared_ptr<const Tokenizer> loaded = [] {
    const auto folder = millpond::model::find_model("minilm-l6");
    if (!folder.ok()) std::abort();
    const auto result = Tokenizer::load(*folder);
    if (!result.ok()) std::abort();
    return *result;
  }();
  return loaded;
}
const Tokenizer& tokenizer() { return *shared_tokenizer(); }

void require(bool holds) {
  if (!holds) std::abort();
}

/// The text as elements: a byte below 6 ends one and chooses the kind of the next.
void chunk(std::string_view text) {
  using namespace millpond::chunk;
  std::vector<Element> elements(1);
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    const auto byte = at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
    if (byte >= 6) continue;
    elements.back().text = text.substr(begin, at - begin);
    begin = at + 1;
    elements.push_back({.kind = static_cast<Kind>(byte), .level = byte});
  }
  const auto size = static_cast<std::int32_t>(text.size());
  const Rules rules{.mode = static_cast<Mode>(size % 3),
                    .tokens_max = 8 + size % 50,
                    .tokens_min = size % 8,
                    .tokens_overlap = size % 5};
  const auto chunker = Chunker::make(shared_tokenizer(), rules);
  require(chunker.ok());
  const auto status = chunker->split(elements, "", [&](const Chunk& chunk) {
    require(chunk.tokens > 0 && chunk.tokens <= rules.tokens_max);
    require(chunk.tokens == tokenizer().count(chunk.text));
    require(chunk.first_element >= 0 && chunk.first_element <= chunk.last_element);
    require(chunk.last_element < static_cast<std::int32_t>(elements.size()));
    return millpond::Status();
  });
  require(status.ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<std::int32_t> ids, again;
  std::vector<millpond::model::TokenSpan> spans;
  std::vector<millpond::model::Word> words;
  tokenizer().encode(text, ids);
  tokenizer().encode_with_offsets(text, again, spans);
  tokenizer().words(text, words);
  require(ids == again && spans.size() == ids.size());
  require(tokenizer().count(text) == static_cast<std::int64_t>(ids.size()));
  std::size_t sum = 0, end = 0;
  for (const auto& word : words) {
    require(word.begin >= end && word.begin < word.end && word.end <= size && word.tokens > 0);
    end = word.end;
    sum += word.tokens;
  }
  require(sum == ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    require(ids[i] >= 0 && ids[i] < tokenizer().vocabulary_size());
    require(spans[i].begin < size && spans[i].end <= size);
  }
  chunk(text);
  return 0;
}
