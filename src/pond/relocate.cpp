#include "millpond/pond/relocate.h"

#include "pond/file_io.h"
#include "pond/relocate_table.h"
#include "pond/rest_store.h"
#include "pond/state.h"

namespace millpond::pond {
namespace {

class Relocation {
 public:
  Relocation(std::shared_ptr<PondState> pond, std::unique_ptr<RestStore> store, Context& context)
      : pond_(std::move(pond)),
        store_(std::move(store)),
        context_(context),
        places_{pond_->recorded_root, pond_->root} {}

  Result<RelocateReport> run() {
    RelocateReport report{places_.from, places_.to, {}, 0};
    if (places_.from == places_.to) return report;
    // Until no entry names the old place: a writer beside us may have brought one back.
    for (int round = 0; round < kRoundsMax; ++round) {
      MP_TRY(move_entries(report));
      MP_ASSIGN(const bool done, pond_->catalog->move_root(places_.from, places_.to));
      if (done) return report;
    }
    return conflict("another process keeps writing to the pond: ", places_.to).hint("Stop it, then run this again.");
  }

 private:
  static constexpr int kRoundsMax = 5, kTriesMax = 5;

  Status move_entries(RelocateReport& report) {
    MP_ASSIGN(const std::vector<std::string> spaces, store_->namespaces());
    for (const std::string& space : spaces) {
      for (const EntryKind kind : {EntryKind::kTable, EntryKind::kView}) {
        MP_ASSIGN(const std::vector<std::string> names, store_->list(space, kind));
        for (const std::string& name : names) MP_TRY(move_entry({space, name}, kind, report));
      }
    }
    return {};
  }

  Status move_entry(const EntryName& name, EntryKind kind, RelocateReport& report) {
    for (int attempt = 0; attempt < kTriesMax; ++attempt) {
      MP_TRY(context_.check());
      MP_ASSIGN(const auto entry, store_->find(name));
      if (!entry || !places_.is_old(entry->metadata_location)) return {};
      const std::string shown = name.name_space == "main" ? name.name : name.name_space + "." + name.name;
      context_.progress().begin("relocation of " + shown, 0);
      std::vector<std::string> written;
      auto swapped = write_and_swap(name, kind, entry->metadata_location, written);
      context_.progress().end();
      if (swapped.ok() && *swapped) {
        report.moved.push_back(shown);
        report.files_written += static_cast<std::int64_t>(written.size());
        return {};
      }
      // Whether the catalog took the change is known but for one kind of failure; then the files must stay.
      if (swapped.ok() || swapped.status().code() != Code::kInternal) {
        for (const std::string& path : written) (void)remove_file(path);
      }
      if (!swapped.ok()) return std::move(swapped).status().at(shown);
    }
    return conflict("another process keeps writing to the table: ", name.name).hint("Stop it, then run this again.");
  }

  Result<bool> write_and_swap(const EntryName& name, EntryKind kind, const std::string& location,
                              std::vector<std::string>& written) {
    const std::string path = pond_->to_path(location);
    MP_ASSIGN(const std::string text, read_file(path));
    MP_ASSIGN(Document doc, parse_document(text));
    if (kind == EntryKind::kTable) {
      TableRelocation table(*pond_, places_, context_);
      auto next = table.run(doc, text);
      written = table.written();
      MP_TRY(next.status());
      doc = *std::move(next);
    } else {
      move_names(doc, places_);
    }
    char number[24];
    std::snprintf(number, sizeof number, "%05lld-", static_cast<long long>(version_of(location) + 1));
    const std::string to = path.substr(0, path.rfind('/') + 1) + number + new_uuid() + ".metadata.json";
    written.push_back(to);
    MP_TRY(write_file(to, to_text(doc)));
    MP_TRY(sync_files(written));
    MP_ASSIGN(const auto lost, store_->swap({{name, kind, location, uri_of_path(to)}}));
    return lost.empty();
  }

  std::shared_ptr<PondState> pond_;
  std::unique_ptr<RestStore> store_;
  Context& context_;
  const Places places_;
};

}  // namespace

Result<RelocateReport> relocate(const std::string& path, Context& context) {
  MP_ASSIGN(auto pond, open_state(path));
  MP_ASSIGN(auto store, RestStore::open(pond->root));
  return Relocation(std::move(pond), std::move(store), context).run();
}

}  // namespace millpond::pond
