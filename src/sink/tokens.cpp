// Shards of token ids, as Megatron-LM's indexed datasets read them: ids end to end in .bin, where texts lie in .idx.

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/exchange.h"
#include "millpond/model/text_encoder.h"
#include "millpond/sink.h"
#include "pond/file_io.h"
#include "sink/sink_folder.h"

namespace millpond::sink {
namespace {

/// Source: Megatron-LM, megatron/core/datasets/indexed_dataset.py, "MMIDIDX" version 1; all little-endian.
constexpr std::string_view kMagic = std::string_view("MMIDIDX\0\0", 9);
constexpr char kInt32 = 4, kUint16 = 8;

template <class Number>
void put(Number value, std::string& out) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// The ids of some rows, one after another.
struct Encoded {
  std::vector<std::int32_t> ids, lengths;
  std::int64_t nulls = 0, text_bytes = 0;
};

class Tokens final : public Sink {
 public:
  static Result<std::unique_ptr<Sink>> make(const Options& options, const ArrowSchema& schema) {
    std::unique_ptr<Tokens> sink(new Tokens);
    sink->text_ = options.text("text");
    const int column = schema->GetFieldIndex(sink->text_);
    if (column < 0 || schema->field(column)->type()->id() != arrow::Type::STRING) {
      return not_found("no column of text: ", sink->text_).hint("--set text=COLUMN names it.");
    }
    if (options.text("tokenizer").empty()) {
      return invalid("tokens need a tokenizer").hint("--set tokenizer=PATH names a tokenizer.json.");
    }
    sink->shard_tokens_ = options.integer("shard_tokens");
    if (sink->shard_tokens_ <= 0) return invalid("shard_tokens must be positive: ", sink->shard_tokens_);
    MP_ASSIGN(sink->tokenizer_, model::TokenizerFile::load(options.text("tokenizer")));
    sink->template_ = options.flag("template");
    MP_TRY(sink->choose_end(options.text("end")));
    constexpr std::int32_t kShortIds = 65500;  // Megatron's own limit
    sink->short_ = sink->tokenizer_->vocabulary_size() < kShortIds;
    MP_ASSIGN(sink->folder_, SinkFolder::create(options));
    return std::unique_ptr<Sink>(std::move(sink));
  }

  Status write(const Batch& batch, Context& context) override {
    const auto column = batch->GetColumnByName(text_);
    const auto& texts = static_cast<const arrow::StringArray&>(*column);
    const int threads = std::max(1, context.threads());
    while (static_cast<int>(encoders_.size()) < threads) encoders_.push_back(tokenizer_->encoder());
    using Range = std::pair<std::int64_t, std::int64_t>;
    std::int64_t next = 0;
    constexpr std::int64_t kRows = 64;
    OrderedExchange<Range, Encoded> exchange(threads, 2 * threads + 2);
    return exchange.run(
        [&]() -> Result<std::optional<Range>> {
          if (next >= texts.length()) return std::optional<Range>();
          const Range range{next, std::min(texts.length(), next + kRows)};
          next = range.second;
          return std::optional<Range>(range);
        },
        [&](int worker, Range&& range) -> Result<Encoded> {
          MP_TRY(context.check());
          return encode(texts, range.first, range.second, *encoders_[static_cast<std::size_t>(worker)]);
        },
        [&](Encoded&& encoded) { return append(encoded); });
  }

  Status commit(Context&) override {
    MP_TRY(end_shard());
    nlohmann::ordered_json form = {{"format", "megatron"},
                                   {"tokenizer", tokenizer_->fingerprint()},
                                   {"vocabulary_size", tokenizer_->vocabulary_size()},
                                   {"dtype", short_ ? "uint16" : "int32"},
                                   {"end", end_},
                                   {"documents", documents_},
                                   {"tokens", tokens_},
                                   {"text_bytes", text_bytes_},
                                   {"rows_without_text", nulls_},
                                   {"shards", shards_}};
    MP_ASSIGN(pond::FileWriter file, pond::FileWriter::create(folder_.working_path() + "/tokens.json"));
    MP_TRY(file.append(form.dump(1) + "\n"));
    MP_TRY(file.finish());
    return folder_.commit();
  }

 private:
  Status choose_end(const std::string& name) {
    if (name == "none") return {};
    if (name != "auto") {
      end_ = tokenizer_->id_of(name);
      if (end_ < 0) return not_found("the tokenizer has no such token: ", name);
      return {};
    }
    for (const char* known : {"<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "<|im_end|>", "<EOT>", "[SEP]",
                              "<｜end▁of▁sentence｜>"}) {
      end_ = tokenizer_->id_of(known);
      if (end_ >= 0) return {};
    }
    return invalid("the tokenizer has no token that usually ends a text")
        .hint("--set end=TOKEN names one; --set end=none writes none.");
  }

  Result<Encoded> encode(const arrow::StringArray& texts, std::int64_t begin, std::int64_t end,
                         model::TextEncoder& encoder) const {
    Encoded encoded;
    for (std::int64_t row = begin; row < end; ++row) {
      if (texts.IsNull(row)) {
        ++encoded.nulls;
        continue;
      }
      const std::string_view text = texts.GetView(row);
      const std::size_t before = encoded.ids.size();
      if (template_) encoded.ids.insert(encoded.ids.end(), tokenizer_->before().begin(), tokenizer_->before().end());
      encoder.encode(text, encoded.ids);
      if (template_) encoded.ids.insert(encoded.ids.end(), tokenizer_->after().begin(), tokenizer_->after().end());
      if (end_ >= 0 && (encoded.ids.size() == before || encoded.ids.back() != end_)) encoded.ids.push_back(end_);
      encoded.lengths.push_back(static_cast<std::int32_t>(encoded.ids.size() - before));
      encoded.text_bytes += static_cast<std::int64_t>(text.size());
    }
    return encoded;
  }

  Status append(const Encoded& encoded) {
    nulls_ += encoded.nulls, text_bytes_ += encoded.text_bytes;
    std::size_t at = 0;
    for (const std::int32_t length : encoded.lengths) {
      if (!bin_.is_open() || shard_size_ >= shard_tokens_) MP_TRY(next_shard());
      buffer_.clear();
      for (std::int32_t i = 0; i < length; ++i, ++at) {
        if (short_) {
          put(static_cast<std::uint16_t>(encoded.ids[at]), buffer_);
        } else {
          put(encoded.ids[at], buffer_);
        }
      }
      MP_TRY(bin_.append(buffer_));
      lengths_.push_back(length);
      shard_size_ += length, tokens_ += length, ++documents_;
    }
    return {};
  }

  std::string shard_name() const {
    char name[32];
    std::snprintf(name, sizeof name, "tokens-%05zu", shards_.size());
    return name;
  }

  Status next_shard() {
    MP_TRY(end_shard());
    MP_ASSIGN(bin_, pond::FileWriter::create(folder_.working_path() + "/" + shard_name() + ".bin"));
    return {};
  }

  Status end_shard() {
    if (!bin_.is_open()) return {};
    MP_TRY(bin_.finish());
    std::string index(kMagic);
    put(std::uint64_t{1}, index);
    index += short_ ? kUint16 : kInt32;
    put(static_cast<std::uint64_t>(lengths_.size()), index);
    put(static_cast<std::uint64_t>(lengths_.size() + 1), index);
    for (const std::int32_t length : lengths_) put(length, index);
    std::int64_t at = 0;
    for (const std::int32_t length : lengths_) {
      put(at, index);
      at += std::int64_t{length} * (short_ ? 2 : 4);
    }
    for (std::size_t document = 0; document <= lengths_.size(); ++document) {
      put(static_cast<std::int64_t>(document), index);
    }
    MP_ASSIGN(pond::FileWriter file, pond::FileWriter::create(folder_.working_path() + "/" + shard_name() + ".idx"));
    MP_TRY(file.append(index));
    MP_TRY(file.finish());
    shards_.push_back({{"name", shard_name()}, {"documents", lengths_.size()}, {"tokens", shard_size_}});
    lengths_.clear();
    shard_size_ = 0;
    return {};
  }

  std::shared_ptr<const model::TokenizerFile> tokenizer_;
  std::vector<std::unique_ptr<model::TextEncoder>> encoders_;
  SinkFolder folder_;
  pond::FileWriter bin_;
  std::string text_, buffer_;
  std::int32_t end_ = -1;
  bool template_ = false, short_ = false;
  std::int64_t shard_tokens_ = 0, shard_size_ = 0, tokens_ = 0, documents_ = 0, nulls_ = 0, text_bytes_ = 0;
  std::vector<std::int32_t> lengths_;
  nlohmann::ordered_json shards_ = nlohmann::ordered_json::array();
};

}  // namespace

MILLPOND_SINK(tokens) = {
    .name = "tokens",
    .summary = "A folder of token ids by any tokenizer.json, in shards that Megatron-LM reads (.bin and .idx).",
    .options = {{"path", "", "The folder to make."},
                {"replace", false, "Has no effect: a folder is never replaced."},
                {"tokenizer", "", "The tokenizer.json."},
                {"text", "text", "The column with the text."},
                {"end", "auto", "The token after each text: its name, none, or auto for the usual ones."},
                {"template", false, "Put what the tokenizer's template puts around each text, such as <s>."},
                {"shard_tokens", 250'000'000, "A shard ends after the text that reaches so many."}},
    .make = Tokens::make,
};

}  // namespace millpond::sink
