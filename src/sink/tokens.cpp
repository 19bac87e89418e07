// Shards of token ids for training: a text each, or texts packed into blocks of one length.

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/exchange.h"
#include "millpond/model/text_encoder.h"
#include "millpond/sink.h"
#include "pond/file_io.h"
#include "sink/pack.h"
#include "sink/sink_folder.h"
#include "sink/token_shards.h"

namespace millpond::sink {
namespace {

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
    MP_TRY(sink->read_shape(options));
    MP_ASSIGN(sink->tokenizer_, model::TokenizerFile::load(options.text("tokenizer")));
    sink->template_ = options.flag("template");
    MP_TRY(sink->choose_end(options.text("end")));
    constexpr std::int32_t kShortIds = 65500;  // Megatron's own limit
    sink->short_ = sink->tokenizer_->vocabulary_size() < kShortIds;
    MP_ASSIGN(sink->folder_, SinkFolder::create(options));
    const TokenShardsOptions shards{
        .folder = sink->folder_.working_path(), .shard_tokens = sink->shard_tokens_, .short_ids = sink->short_};
    sink->shards_ = sink->form_ == "mds" ? mds_token_shards(shards, sink->length_ > 0) : megatron_shards(shards);
    return std::unique_ptr<Sink>(std::move(sink));
  }

  Status write(const Batch& batch, Context& context) override {
    const auto column = batch->GetColumnByName(text_);
    const auto& texts = static_cast<const arrow::StringArray&>(*column);
    if (const auto marks = batch->GetColumnByName("synthetic")) {
      for (std::int64_t row = 0; row < texts.length(); ++row) synthetic_ += marks->IsValid(row) && texts.IsValid(row);
    }
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
    MP_TRY(pack());
    MP_TRY(shards_->finish());
    nlohmann::ordered_json form = {{"format", form_},
                                   {"tokenizer", tokenizer_->fingerprint()},
                                   {"vocabulary_size", tokenizer_->vocabulary_size()},
                                   {"dtype", short_ ? "uint16" : "int32"},
                                   {"end", end_},
                                   {"documents", documents_},
                                   {"tokens", tokens_},
                                   {"text_bytes", text_bytes_},
                                   {"rows_without_text", nulls_},
                                   {"synthetic_documents", synthetic_}};
    if (length_ > 0) {
      form["length"] = length_;
      form["blocks"] = blocks_;
      form["pieces"] = pieces_;
      form["filled"] = blocks_ == 0 ? 0.0 : double(tokens_) / (double(blocks_) * double(length_));
    }
    form["shards"] = shards_->shards();
    MP_ASSIGN(pond::FileWriter file, pond::FileWriter::create(folder_.working_path() + "/tokens.json"));
    MP_TRY(file.append(form.dump(1) + "\n"));
    MP_TRY(file.finish());
    return folder_.commit();
  }

 private:
  Status read_shape(const Options& options) {
    form_ = options.text("form");
    shard_tokens_ = options.integer("shard_tokens");
    length_ = options.integer("pack");
    constexpr std::int64_t kShardTokensMax = 1'000'000'000;  // places in a shard of MDS have 32 bits
    if (shard_tokens_ <= 0 || shard_tokens_ > kShardTokensMax) {
      return invalid("shard_tokens must be from 1 to 1000000000: ", shard_tokens_);
    }
    constexpr std::int64_t kLengthMax = 1 << 24;
    if (length_ < 0 || length_ > kLengthMax) return invalid("pack must be from 0 to 16777216: ", length_);
    return {};
  }

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
    std::span<const std::int32_t> ids(encoded.ids);
    for (const std::int32_t length : encoded.lengths) {
      const auto text = ids.first(static_cast<std::size_t>(length));
      ids = ids.subspan(text.size());
      tokens_ += length, ++documents_;
      MP_TRY(length_ > 0 ? cut(text) : shards_->add(text, std::span(&length, 1)));
    }
    return {};
  }

  /// Pieces of at most a block; they wait until there are enough to pack well.
  Status cut(std::span<const std::int32_t> text) {
    while (!text.empty()) {
      const auto piece = text.first(std::min(text.size(), static_cast<std::size_t>(length_)));
      text = text.subspan(piece.size());
      ++pieces_;
      waiting_.insert(waiting_.end(), piece.begin(), piece.end());
      waiting_lengths_.push_back(static_cast<std::int32_t>(piece.size()));
    }
    constexpr std::int64_t kBlocks = 4096, kTokens = 1 << 24;
    return static_cast<std::int64_t>(waiting_.size()) < std::max(kTokens, kBlocks * length_) ? Status() : pack();
  }

  Status pack() {
    std::vector<std::size_t> begins;
    std::size_t at = 0;
    for (const std::int32_t length : waiting_lengths_) {
      begins.push_back(at);
      at += static_cast<std::size_t>(length);
    }
    std::vector<std::int32_t> ids, lengths;
    for (const auto& block : pack_best_fit(waiting_lengths_, static_cast<std::int32_t>(length_))) {
      ids.clear(), lengths.clear();
      for (const std::size_t piece : block) {
        const auto begin = waiting_.begin() + static_cast<std::ptrdiff_t>(begins[piece]);
        ids.insert(ids.end(), begin, begin + waiting_lengths_[piece]);
        lengths.push_back(waiting_lengths_[piece]);
      }
      MP_TRY(shards_->add(ids, lengths));
      ++blocks_;
    }
    waiting_.clear(), waiting_lengths_.clear();
    return {};
  }

  std::shared_ptr<const model::TokenizerFile> tokenizer_;
  std::vector<std::unique_ptr<model::TextEncoder>> encoders_;
  SinkFolder folder_;
  std::unique_ptr<TokenShards> shards_;
  std::string text_, form_;
  std::int32_t end_ = -1;
  bool template_ = false, short_ = false;
  std::int64_t shard_tokens_ = 0, length_ = 0;
  std::int64_t tokens_ = 0, documents_ = 0, nulls_ = 0, text_bytes_ = 0, blocks_ = 0, pieces_ = 0, synthetic_ = 0;
  std::vector<std::int32_t> waiting_, waiting_lengths_;  ///< pieces to be packed
};

}  // namespace

MILLPOND_SINK(tokens) = {
    .name = "tokens",
    .summary = "A folder of token ids by any tokenizer.json, in shards that Megatron-LM or MosaicML's streaming reads.",
    .options = {{"path", "", "The folder to make."},
                {"replace", false, "Has no effect: a folder is never replaced."},
                {"tokenizer", "", "The tokenizer.json."},
                {"text", "text", "The column with the text."},
                {"end", "auto", "The token after each text: its name, none, or auto for the usual ones."},
                {"template", false, "Put what the tokenizer's template puts around each text, such as <s>."},
                Option("form", "megatron", "`megatron` (.bin and .idx) or `mds`.").one_of({"megatron", "mds"}),
                {"pack", 0,
                 "Blocks of at most so many tokens, each of whole texts; longer texts are cut. 0: no blocks."},
                {"shard_tokens", 250'000'000, "A shard ends after the text that reaches so many."}},
    .make = Tokens::make,
};

}  // namespace millpond::sink
