#include "flow/source_step.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <chrono>
#include <set>
#include <unordered_map>

#include "core/arrow_status.h"
#include "core/exchange.h"
#include "flow/ledger.h"
#include "millpond/chain.h"
#include "millpond/pond/data_writer.h"
#include "millpond/pond/update.h"
#include "millpond/registry.h"
#include "millpond/source.h"

namespace millpond::flow {
namespace {

struct Listed {
  std::string source, uri, path;
  std::int64_t size_bytes = 0, mtime_ns = 0;
};

struct KnownFile {
  std::size_t file;
  std::int64_t position;
  std::int64_t size_bytes, mtime_ns;
  std::string source;
  bool seen = false;
};

template <class ArrayType>
const ArrayType& column(const Batch& batch, const char* name) {
  return static_cast<const ArrayType&>(*batch->GetColumnByName(name));
}

class SourceStep {
 public:
  SourceStep(pond::Pond& pond, const Flow& flow, const std::string& run, TableReport& report,
             std::vector<std::string>& warnings, Context& context)
      : pond_(pond), flow_(flow), run_(run), report_(report), warnings_(warnings), context_(context) {}

  Status run() {
    MP_ASSIGN(table_, table_or_new(pond_, "sources", sources_schema()));
    report_.snapshot = table_->current_id();
    MP_TRY(load_known());
    std::set<std::string> unreadable;
    for (const SourceSpec& spec : flow_.sources) {
      if (Status status = list(spec); !status.ok()) {
        if (status.code() == Code::kCancelled) return status;
        warnings_.push_back("source " + spec.name + ": " + status.message() + ". " + status.hint());
        unreadable.insert(spec.name);
      }
    }
    std::vector<std::pair<std::size_t, std::int64_t>> gone;
    for (const auto& [uri, known] : known_) {
      if (!known.seen && !unreadable.count(known.source)) gone.emplace_back(known.file, known.position);
    }
    if (changed_.empty() && gone.empty()) return forget_rejects();
    return update(std::move(gone));
  }

 private:
  Status load_known() {
    if (!table_->current()) return {};
    MP_ASSIGN(const auto files, table_->files());
    parts_ = pond::parts_of(files);
    pond::ReadOptions options;
    options.columns = {"uri", "size", "mtime_ns", "source"};
    options.with_positions = true;
    options.batch_rows_max = 65536;
    if (parts_.empty()) return {};
    MP_ASSIGN(const auto stream, table_->read(parts_, options, context_));
    while (true) {
      MP_ASSIGN(const std::optional<Batch> batch, stream->next(context_));
      if (!batch) return {};
      const auto& uris = column<arrow::StringArray>(*batch, "uri");
      const auto& sizes = column<arrow::Int64Array>(*batch, "size");
      const auto& times = column<arrow::Int64Array>(*batch, "mtime_ns");
      const auto& sources = column<arrow::StringArray>(*batch, "source");
      const auto& places = column<arrow::Int32Array>(*batch, "_file");
      const auto& positions = column<arrow::Int64Array>(*batch, "_pos");
      for (std::int64_t row = 0; row < uris.length(); ++row) {
        known_.emplace(uris.GetString(row), KnownFile{static_cast<std::size_t>(places.Value(row)), positions.Value(row),
                                                      sizes.Value(row), times.Value(row), sources.GetString(row)});
      }
    }
  }

  Status list(const SourceSpec& spec) {
    const SourceDef* def = find_source(spec.kind);
    if (!def) return not_found("no such kind of source: ", spec.kind);
    MP_ASSIGN(const Options options, Options::resolve(def->options, spec.options));
    MP_ASSIGN(const auto source, def->make(options));
    MP_ASSIGN(const auto splits, source->splits("", context_));
    std::vector<Listed> listed;
    for (const Split& split : splits) {
      MP_ASSIGN(const auto stream, source->read(split, context_));
      while (true) {
        MP_ASSIGN(const std::optional<Batch> batch, stream->next(context_));
        if (!batch) break;
        compare(spec.name, *batch, listed);
      }
    }
    for (Listed& each : listed) changed_.push_back(std::move(each));
    return {};
  }

  /// Marks what is as it was, and collects the rest. A file that two sources list belongs to the first.
  void compare(const std::string& source, const Batch& batch, std::vector<Listed>& listed) {
    const auto& uris = column<arrow::StringArray>(batch, "uri");
    const auto& paths = column<arrow::StringArray>(batch, "path");
    const auto& sizes = column<arrow::Int64Array>(batch, "size");
    const auto& times = column<arrow::Int64Array>(batch, "mtime_ns");
    for (std::int64_t row = 0; row < uris.length(); ++row) {
      const auto known = known_.find(std::string(uris.GetView(row)));
      if (known != known_.end()) {
        if (known->second.seen) continue;
        known->second.seen = true;
        if (known->second.size_bytes == sizes.Value(row) && known->second.mtime_ns == times.Value(row) &&
            times.Value(row) >= 0 && known->second.source == source) {
          continue;
        }
      }
      if (!listed_.insert(uris.GetString(row)).second) continue;
      listed.push_back({source, uris.GetString(row), paths.GetString(row), sizes.Value(row), times.Value(row)});
    }
  }

  Result<Batch> batch_of(std::size_t begin, std::size_t end) const {
    arrow::StringBuilder source, uri, path;
    arrow::Int64Builder size, mtime;
    arrow::Status status;
    for (std::size_t i = begin; i < end; ++i) {
      const Listed& each = changed_[i];
      status &= source.Append(each.source);
      status &= uri.Append(each.uri);
      status &= path.Append(each.path);
      status &= size.Append(each.size_bytes);
      status &= mtime.Append(each.mtime_ns);
    }
    std::vector<std::shared_ptr<arrow::Array>> columns(5);
    status &= source.Finish(&columns[0]);
    status &= uri.Finish(&columns[1]);
    status &= path.Finish(&columns[2]);
    status &= size.Finish(&columns[3]);
    status &= mtime.Finish(&columns[4]);
    MP_TRY(from_arrow(status));
    return arrow::RecordBatch::Make(to_arrow(listed_schema()), static_cast<std::int64_t>(end - begin),
                                    std::move(columns));
  }

  static const Schema& listed_schema() {
    static const Schema schema = {{"source", utf8(), true},
                                  {"uri", utf8(), true},
                                  {"path", utf8(), true},
                                  {"size", int64(), true},
                                  {"mtime_ns", int64(), true}};
    return schema;
  }

  /// `_row` is made of the uri and the content: another content is another row, with other children.
  Result<Batch> finished(const ChainOutcome& outcome) const {
    const std::vector<std::string> identity = {"uri", "sha256"};
    MP_ASSIGN(const auto ids, hash_rows(outcome.rows, identity, "source"));
    arrow::FixedSizeBinaryBuilder rows(arrow::fixed_size_binary(16));
    for (const RowId& id : ids) MP_TRY(from_arrow(rows.Append(id.bytes.data())));
    std::vector<std::shared_ptr<arrow::Array>> columns;
    for (const Field& field : sources_schema()) {
      std::shared_ptr<arrow::Array> values;
      if (field.name == "_row") {
        MP_ASSIGN(values, from_arrow(rows.Finish()));
      } else {
        values = outcome.rows->GetColumnByName(field.name);
      }
      if (!values) return internal("source rows lack a column: ", field.name);
      columns.push_back(std::move(values));
    }
    return arrow::RecordBatch::Make(to_arrow(sources_schema()), outcome.rows->num_rows(), std::move(columns));
  }

  Status identify(pond::DataWriter& writer, RejectLedger& rejects) {
    MP_ASSIGN(const Chain chain, Chain::plan(listed_schema(), {{"identify", {}}}));
    std::vector<std::unique_ptr<ChainRunner>> runners;
    for (int i = 0; i < std::max(1, context_.threads()); ++i) {
      MP_ASSIGN(auto runner, ChainRunner::make(chain));
      runners.push_back(std::move(runner));
    }
    struct Made {
      std::size_t begin;
      std::int64_t rows;
      ChainOutcome outcome;
      std::int64_t size_bytes;
    };
    using Range = std::pair<std::size_t, std::size_t>;
    std::size_t at = 0;
    const auto pull = [&]() -> Result<std::optional<Range>> {
      constexpr std::size_t kRowsMax = 256;
      if (at == changed_.size()) return std::optional<Range>();
      const Range range{at, std::min(changed_.size(), at + kRowsMax)};
      at = range.second;
      return std::optional<Range>(range);
    };
    const auto work = [&](int worker, Range&& range) -> Result<Made> {
      MP_ASSIGN(const Batch batch, batch_of(range.first, range.second));
      MP_ASSIGN(ChainOutcome outcome, runners[static_cast<std::size_t>(worker)]->run(batch, context_));
      std::int64_t size_bytes = 0;
      for (std::size_t i = range.first; i < range.second; ++i) size_bytes += changed_[i].size_bytes;
      return Made{range.first, batch->num_rows(), std::move(outcome), size_bytes};
    };
    const auto consume = [&](Made&& made) -> Status {
      report_.rows_in += made.rows;
      for (ChainReject& reject : made.outcome.rejects) {
        const Listed& file = changed_[made.begin + static_cast<std::size_t>(reject.input_row)];
        rejects.add({hash_bytes(file.uri), "identify", file.uri, std::move(reject.why), reject.code});
        ++report_.rows_rejected;
      }
      MP_ASSIGN(const Batch rows, finished(made.outcome));
      report_.rows_out += rows->num_rows();
      context_.progress().advance(made.rows, made.size_bytes);
      return rows->num_rows() > 0 ? writer.write(rows) : Status();
    };
    OrderedExchange<Range, Made> exchange(context_.threads(), 2 * context_.threads() + 2);
    return exchange.run(pull, work, consume);
  }

  /// A file that could not be read is listed as new in each build; when nothing is, such files are gone.
  Status forget_rejects() {
    MP_ASSIGN(RejectLedger rejects, RejectLedger::open(pond_, "sources", context_));
    rejects.forget_all();
    return rejects.commit(run_, context_);
  }

  Status update(std::vector<std::pair<std::size_t, std::int64_t>> gone) {
    context_.progress().begin("sources", static_cast<std::int64_t>(changed_.size()));
    MP_ASSIGN(RejectLedger rejects, RejectLedger::open(pond_, "sources", context_));
    rejects.forget_all();  // a rejected file is not in the table, so each build lists it as new and tries it again
    pond::DataWriter writer(*table_);
    MP_TRY(identify(writer, rejects));
    MP_ASSIGN(auto files, writer.close());
    std::map<std::size_t, std::vector<std::int64_t>> deletes;
    for (const auto& [file, position] : gone) deletes[file].push_back(position);
    report_.rows_deleted = static_cast<std::int64_t>(gone.size());
    for (const Listed& each : changed_) {
      if (const auto known = known_.find(each.uri); known != known_.end()) {
        deletes[known->second.file].push_back(known->second.position);
        ++report_.rows_deleted;
      }
    }
    MP_TRY(rejects.commit(run_, context_));
    if (!files.empty() || !deletes.empty()) {
      pond::Update update = table_->update();
      update.require_snapshot(table_->current_id());
      update.append(std::move(files));
      for (auto& [file, positions] : deletes) update.delete_rows(parts_[file].file.path, std::move(positions));
      MP_ASSIGN(table_, update.commit(context_));
      report_.snapshot = table_->current_id();
    }
    context_.progress().end();
    return {};
  }

  pond::Pond& pond_;
  const Flow& flow_;
  const std::string& run_;
  TableReport& report_;
  std::vector<std::string>& warnings_;
  Context& context_;
  std::optional<pond::Table> table_;
  std::vector<pond::FilePart> parts_;
  std::unordered_map<std::string, KnownFile> known_;
  std::set<std::string> listed_;
  std::vector<Listed> changed_;
};

}  // namespace

Status update_sources(pond::Pond& pond, const Flow& flow, const std::string& run, TableReport& report,
                      std::vector<std::string>& warnings, Context& context) {
  const auto started = std::chrono::steady_clock::now();
  MP_TRY(SourceStep(pond, flow, run, report, warnings, context).run());
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return {};
}

}  // namespace millpond::flow
