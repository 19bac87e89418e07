#include "millpond/ask/chunk_eval.h"

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "chunk/likeness.h"
#include "core/arrow_status.h"
#include "millpond/index/search.h"
#include "millpond/index/segment.h"
#include "millpond/model/catalog.h"
#include "millpond/model/embedder.h"

namespace millpond::ask {
namespace {

using ByteRange = std::pair<std::int64_t, std::int64_t>;

/// A text as elements that lie in it.
struct Blocks {
  std::vector<chunk::Element> elements;
  std::vector<std::int64_t> begins;  ///< where each lies in the text
};

Blocks blocks_of(std::string_view text) {
  constexpr std::size_t kParagraphLine = 160;
  Blocks blocks;
  std::size_t open = text.npos;  // where the block that grows begins
  const auto add = [&](std::size_t begin, std::size_t end) {
    chunk::Element element;
    element.text = text.substr(begin, end - begin);
    const std::size_t marks = std::min(element.text.find_first_not_of('#'), element.text.size());
    if (marks > 0 && marks < 7 && element.text.substr(marks).starts_with(' ')) {
      element.kind = chunk::Kind::kTitle;
      element.level = static_cast<std::int32_t>(marks);
    }
    blocks.elements.push_back(element);
    blocks.begins.push_back(static_cast<std::int64_t>(begin));
  };
  const auto close = [&](std::size_t end) {
    if (open != text.npos) add(open, end);
    open = text.npos;
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.find_first_not_of(" \t\r") == line.npos) {
      close(at);
    } else if (line.size() > kParagraphLine || line.starts_with('#')) {
      close(at);
      add(at, end);
    } else if (open == text.npos) {
      open = at;
    }
    at = end + 1;
  }
  close(text.size());
  return blocks;
}

struct EvalChunk {
  std::size_t document = 0;
  ByteRange range;
  std::string text, words;  ///< `words`: with the headings above
};

struct Cut {
  std::vector<EvalChunk> chunks;
  std::int64_t tokens = 0;
};

Result<Cut> cut_texts(const std::vector<LabelledText>& texts, const ChunkEvalOptions& options, Context& context) {
  MP_ASSIGN(const std::string folder, model::find_model(options.tokenizer));
  MP_ASSIGN(auto tokenizer, model::Tokenizer::load(folder));
  MP_ASSIGN(auto chunker, chunk::Chunker::make(tokenizer, options.rules));
  if (options.rules.mode == chunk::Mode::kSemantic) {
    model::EmbedderOptions model;
    model.model = options.tokenizer;
    MP_ASSIGN(auto embedder, model::open_embedder(model, context));
    chunker.set_likeness([embedder, &context](std::span<const std::string> each, std::vector<float>& to_next) {
      return chunk::likeness_of(*embedder, each, to_next, context);
    });
  }
  Cut cut;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Blocks blocks = blocks_of(texts[i].text);
    const auto place = [&](std::int32_t element, std::int32_t chars) {
      const std::string_view text = blocks.elements[static_cast<std::size_t>(element)].text;
      return blocks.begins[static_cast<std::size_t>(element)] +
             static_cast<std::int64_t>(chunk::slice(text, 0, chars).size());
    };
    MP_TRY(chunker.split(blocks.elements, "", [&](const chunk::Chunk& chunk) {
      EvalChunk& made = cut.chunks.emplace_back();
      made.document = i;
      made.range = {place(chunk.first_element, chunk.first_char), place(chunk.last_element, chunk.last_char)};
      made.text = chunk.text;
      for (const std::string& heading : chunk.heading_path) made.words += heading + "\n";
      made.words += chunk.text;
      cut.tokens += chunk.tokens;
      return context.check();
    }));
  }
  return cut;
}

Result<std::vector<float>> embed(model::Embedder& embedder, const std::vector<std::string_view>& texts,
                                 Context& context) {
  constexpr std::size_t kBatch = 256;
  const auto size = static_cast<std::size_t>(embedder.dimensions());
  std::vector<float> vectors(texts.size() * size);
  for (std::size_t begin = 0; begin < texts.size(); begin += kBatch) {
    const std::size_t count = std::min(kBatch, texts.size() - begin);
    MP_TRY(embedder.embed(std::span(texts).subspan(begin, count), &vectors[begin * size], context));
    context.progress().advance(static_cast<std::int64_t>(count), 0);
  }
  return vectors;
}

/// The vectors of all chunks, each document's computed together.
Result<std::vector<float>> embed_late(model::Embedder& embedder, const std::vector<EvalChunk>& chunks,
                                      Context& context) {
  std::vector<std::vector<std::string_view>> documents;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    if (i == 0 || chunks[i].document != chunks[i - 1].document) documents.emplace_back();
    documents.back().emplace_back(chunks[i].text);
  }
  std::vector<float> vectors(chunks.size() * static_cast<std::size_t>(embedder.dimensions()));
  MP_TRY(embedder.embed_in_place(documents, vectors.data(), context));
  return vectors;
}

/// A folder that goes with its owner.
struct ScratchFolder {
  std::string path;
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path.empty()) std::filesystem::remove_all(path, ignored);
  }
};

Result<std::unique_ptr<index::Searcher>> make_searcher(const std::vector<EvalChunk>& chunks, const std::string& folder,
                                                       model::Embedder* embedder, bool late, index::SegmentCache& cache,
                                                       Context& context) {
  arrow::StringBuilder words;
  auto values = std::make_shared<arrow::FloatBuilder>();
  arrow::ListBuilder vectors(arrow::default_memory_pool(), values);
  index::SegmentOptions options;
  options.text = {{"text", 1}};
  options.stored = {};
  for (const EvalChunk& chunk : chunks) MP_TRY(from_arrow(words.Append(chunk.words)));
  arrow::FieldVector fields{arrow::field("text", arrow::utf8())};
  MP_ASSIGN(std::shared_ptr<arrow::Array> column, from_arrow(words.Finish()));
  arrow::ArrayVector columns{column};
  if (embedder != nullptr) {
    std::vector<std::string_view> texts;
    for (const EvalChunk& chunk : chunks) texts.emplace_back(chunk.text);
    MP_ASSIGN(const std::vector<float> all,
              late ? embed_late(*embedder, chunks, context) : embed(*embedder, texts, context));
    const auto size = static_cast<std::int64_t>(embedder->dimensions());
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      MP_TRY(from_arrow(vectors.Append()));
      MP_TRY(from_arrow(values->AppendValues(all.data() + static_cast<std::int64_t>(i) * size, size)));
    }
    options.vectors = {{"embedding"}};
    fields.push_back(arrow::field("embedding", arrow::list(arrow::float32())));
    MP_ASSIGN(column, from_arrow(vectors.Finish()));
    columns.push_back(column);
  }
  const std::string path = folder + "/chunks.segment";
  MP_ASSIGN(auto builder, index::SegmentBuilder::create(path, options));
  MP_TRY(builder->add(
      *arrow::RecordBatch::Make(arrow::schema(fields), static_cast<std::int64_t>(chunks.size()), columns)));
  MP_TRY(builder->finish().status());
  return index::Searcher::open({{path, nullptr}}, cache);
}

/// Bytes before each code point, and at the end.
std::vector<std::int64_t> code_point_offsets(std::string_view text) {
  std::vector<std::int64_t> offsets;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((text[i] & 0xC0) != 0x80) offsets.push_back(static_cast<std::int64_t>(i));
  }
  offsets.push_back(static_cast<std::int64_t>(text.size()));
  return offsets;
}

std::int64_t length_of(const std::vector<ByteRange>& ranges) {
  std::int64_t sum = 0;
  for (const ByteRange& range : ranges) sum += range.second - range.first;
  return sum;
}

void merge(std::vector<ByteRange>& ranges) {
  std::sort(ranges.begin(), ranges.end());
  std::vector<ByteRange> merged;
  for (const ByteRange& range : ranges) {
    if (!merged.empty() && range.first <= merged.back().second)
      merged.back().second = std::max(merged.back().second, range.second);
    else
      merged.push_back(range);
  }
  ranges = std::move(merged);
}

void add_score(const std::vector<const EvalChunk*>& found, std::size_t document, std::vector<ByteRange> marked,
               ChunkScore& score) {
  merge(marked);
  std::vector<ByteRange> hit;
  std::int64_t retrieved = 0;
  for (const EvalChunk* chunk : found) {
    retrieved += chunk->range.second - chunk->range.first;
    if (chunk->document != document) continue;
    for (const ByteRange& span : marked) {
      const ByteRange both{std::max(span.first, chunk->range.first), std::min(span.second, chunk->range.second)};
      if (both.first < both.second) hit.push_back(both);
    }
  }
  merge(hit);
  const double found_bytes = static_cast<double>(length_of(hit)), all = static_cast<double>(length_of(marked));
  if (all > 0) score.recall += found_bytes / all;
  if (retrieved > 0) score.precision += found_bytes / static_cast<double>(retrieved);
  if (retrieved > 0) score.iou += found_bytes / (static_cast<double>(retrieved) + all - found_bytes);
}

Result<std::vector<std::vector<ByteRange>>> marked_bytes(const std::vector<LabelledText>& texts,
                                                         const std::vector<LabelledQuestion>& questions,
                                                         std::vector<std::size_t>& documents) {
  std::map<std::string, std::size_t> index_of;
  std::vector<std::vector<std::int64_t>> offsets;
  for (const LabelledText& text : texts) {
    index_of.emplace(text.name, offsets.size());
    offsets.push_back(code_point_offsets(text.text));
  }
  std::vector<std::vector<ByteRange>> marked;
  for (const LabelledQuestion& question : questions) {
    const auto found = index_of.find(question.document);
    if (found == index_of.end()) return invalid("a question about a text that is not there: ", question.document);
    documents.push_back(found->second);
    const std::vector<std::int64_t>& own = offsets[found->second];
    std::vector<ByteRange>& spans = marked.emplace_back();
    for (const auto& [begin, end] : question.spans) {
      if (end >= static_cast<std::int64_t>(own.size())) return invalid("a span ends behind its text, at ", end);
      spans.emplace_back(own[static_cast<std::size_t>(begin)], own[static_cast<std::size_t>(end)]);
    }
  }
  return marked;
}

}  // namespace

Result<ChunkScore> evaluate_chunks(const std::vector<LabelledText>& texts,
                                   const std::vector<LabelledQuestion>& questions, const ChunkEvalOptions& options,
                                   Context& context) {
  std::vector<std::size_t> documents;
  MP_ASSIGN(const auto marked, marked_bytes(texts, questions, documents));
  MP_ASSIGN(const Cut cut, cut_texts(texts, options, context));
  ChunkScore score;
  score.chunks = static_cast<std::int64_t>(cut.chunks.size());
  if (cut.chunks.empty() || questions.empty()) return invalid("nothing to measure: no chunks or no questions");
  std::shared_ptr<model::Embedder> embedder;
  if (options.vectors) {
    model::EmbedderOptions model;
    model.model = options.tokenizer;
    MP_ASSIGN(embedder, model::open_embedder(model, context));
  }
  ScratchFolder scratch;
  std::string pattern = (std::filesystem::temp_directory_path() / "millpond-eval-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) return io_error("cannot make a folder: ", pattern);
  scratch.path = pattern;
  index::SegmentCache cache;
  MP_ASSIGN(const auto searcher, make_searcher(cut.chunks, scratch.path, embedder.get(), options.late, cache, context));
  std::vector<std::string_view> asked;
  for (const LabelledQuestion& question : questions) asked.emplace_back(question.text);
  std::vector<float> vectors;
  if (embedder) { MP_ASSIGN(vectors, embed(*embedder, asked, context)); }
  const std::size_t size = vectors.size() / questions.size();
  for (std::size_t i = 0; i < questions.size(); ++i) {
    MP_TRY(context.check());
    index::Query query;
    query.text = questions[i].text;
    query.limit = options.top;
    query.legs = embedder ? index::Legs::kHybrid : index::Legs::kWords;
    query.vector.assign(vectors.begin() + static_cast<std::ptrdiff_t>(i * size),
                        vectors.begin() + static_cast<std::ptrdiff_t>((i + 1) * size));
    MP_ASSIGN(const index::Found hits, searcher->search(query));
    std::vector<const EvalChunk*> found;
    for (const index::Hit& hit : hits.hits) found.push_back(&cut.chunks[static_cast<std::size_t>(hit.row)]);
    add_score(found, documents[i], marked[i], score);
  }
  const auto count = static_cast<double>(questions.size());
  score.recall /= count;
  score.precision /= count;
  score.iou /= count;
  score.tokens_mean = static_cast<double>(cut.tokens) / static_cast<double>(score.chunks);
  std::int64_t bytes = 0;
  for (const EvalChunk& chunk : cut.chunks) bytes += chunk.range.second - chunk.range.first;
  score.chars_mean = static_cast<double>(bytes) / static_cast<double>(score.chunks);
  return score;
}

}  // namespace millpond::ask
