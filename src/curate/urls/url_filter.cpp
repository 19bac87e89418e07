// Rows by the lists that their addresses are on.

#include <algorithm>

#include "curate/urls/url_lists.h"
#include "millpond/operator.h"

namespace millpond::curate {
namespace {

struct Paths {
  std::vector<std::string> block, allow, words, soft_words, parts;
  explicit Paths(const Options& options)
      : block(options.list("block")),
        allow(options.list("allow")),
        words(options.list("word_files")),
        soft_words(options.list("soft_word_files")),
        parts(options.list("part_files")) {}
};

/// What an address is dropped for; `list` is empty if for nothing.
struct Verdict {
  std::string list, kind, entry;
};

class UrlFilter final : public Operator {
 public:
  explicit UrlFilter(const Options& options)
      : paths_(options),
        soft_words_min_(options.integer("soft_words_min")),
        only_allowed_(options.flag("only_allowed")),
        ignore_case_(options.flag("ignore_case")),
        drop_(options.flag("drop")) {}

  Status process(const Input& in, Output& out, Context& context) override {
    if (!open_) MP_TRY(open(context));
    const Utf8Column url = in.utf8("url");
    for (std::int64_t row = 0; row < in.rows(); ++row) {
      if (row % 1024 == 0) MP_TRY(context.check());
      const std::string host = url.null(row) ? std::string() : host_of_url(url[row]);
      const Verdict verdict = url.null(row) ? Verdict() : judge(host, url[row]);
      if (drop_ && !verdict.kind.empty()) {
        out.drop(row, verdict.list.empty() ? verdict.kind : verdict.list + ": " + verdict.kind);
        continue;
      }
      Row set = out.emit(row);
      if (!host.empty()) set.set("domain", host);
      if (verdict.kind.empty()) continue;
      set.set("url_rule", verdict.kind);
      if (!verdict.list.empty()) set.set("url_list", verdict.list).set("url_entry", verdict.entry);
    }
    return {};
  }

 private:
  Status open(Context& context) {
    const auto lists = context.service<OpenUrlLists>();
    MP_ASSIGN(block_, lists->urls(paths_.block));
    MP_ASSIGN(allow_, lists->urls(paths_.allow));
    MP_ASSIGN(words_, lists->words(paths_.words));
    MP_ASSIGN(soft_words_, lists->words(paths_.soft_words));
    MP_ASSIGN(parts_, lists->words(paths_.parts));
    open_ = true;
    return {};
  }

  // In the order in which datatrove looks.
  Verdict judge(std::string_view host, std::string_view url) {
    if (!allow_->find(host, url).list.empty()) return {};
    if (only_allowed_) return {"", "not allowed", ""};
    if (UrlLists::Found found = block_->find(host, url); !found.list.empty()) {
      return {std::string(found.list), std::string(found.kind), std::move(found.entry)};
    }
    if (words_->empty() && soft_words_->empty() && parts_->empty()) return {};
    split(url);
    for (const std::string& word : pieces_) {
      if (const auto* found = words_->find(word)) return {std::string(words_->list_of(*found)), "word", found->word};
    }
    std::vector<const UrlWords::Word*> soft;
    for (const std::string& word : pieces_) {
      const auto* found = soft_words_->find(word);
      if (found && std::find(soft.begin(), soft.end(), found) == soft.end()) soft.push_back(found);
    }
    if (soft_words_min_ > 0 && static_cast<std::int64_t>(soft.size()) >= soft_words_min_) {
      Verdict verdict = {std::string(soft_words_->list_of(*soft.front())), "soft words", ""};
      for (const auto* word : soft) verdict.entry += (verdict.entry.empty() ? "" : " ") + word->word;
      return verdict;
    }
    if (const auto* found = parts_->find_within(letters_)) {
      return {std::string(parts_->list_of(*found)), "part of a word", found->word};
    }
    return {};
  }

  /// Runs of letters and digits, and all of them run together in lower case.
  void split(std::string_view url) {
    pieces_.clear(), letters_.clear();
    bool inside = false;
    for (const char c : url) {
      const bool upper = c >= 'A' && c <= 'Z';
      if (!upper && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')) {
        inside = false;
        continue;
      }
      if (!inside) pieces_.emplace_back();
      inside = true;
      const char small = upper ? static_cast<char>(c | 32) : c;
      letters_ += small;
      pieces_.back() += ignore_case_ ? small : c;
    }
  }

  const Paths paths_;
  const std::int64_t soft_words_min_;
  const bool only_allowed_, ignore_case_, drop_;
  bool open_ = false;
  std::shared_ptr<const UrlLists> block_, allow_;
  std::shared_ptr<const UrlWords> words_, soft_words_, parts_;
  std::vector<std::string> pieces_;
  std::string letters_;
};

Result<std::unique_ptr<Operator>> make(const Options& options) {
  if (options.flag("only_allowed") && options.list("allow").empty()) {
    return invalid("`only_allowed` without a list in `allow` drops every row");
  }
  return std::make_unique<UrlFilter>(options);
}

Result<std::string> hash_lists(const Options& options) {
  const Paths paths(options);
  std::string all;
  for (const auto* each : {&paths.block, &paths.allow, &paths.words, &paths.soft_words, &paths.parts}) {
    MP_ASSIGN(const std::string hash, hash_url_lists(*each));
    all += hash + ";";
  }
  return all;
}

}  // namespace

MILLPOND_OPERATOR(url_filter) = {
    .name = "url_filter",
    .summary =
        "Drops rows whose address is on a list: domains and what is below them, addresses, words in addresses. Adds "
        "the domain. Without lists it only does that.",
    .version = 1,
    .reads = {{"url", utf8()}},
    .adds = {{"domain", utf8()}, {"url_rule", utf8()}, {"url_list", utf8()}, {"url_entry", utf8()}},
    .options = {{"block", std::vector<std::string>{},
                 "Files of domains and addresses, one a line, or folders with files `domains` and `urls`; also .gz and "
                 ".zst."},
                {"allow", std::vector<std::string>{}, "Likewise; what is there stays, whatever else it is on."},
                {"only_allowed", false, "Drop what is not on `allow`."},
                {"word_files", std::vector<std::string>{}, "Words, one a line, of which an address may have none."},
                {"soft_word_files", std::vector<std::string>{}, "Words of which an address may have few."},
                {"soft_words_min", 2, "Drop an address with at least so many different ones of them."},
                {"part_files", std::vector<std::string>{},
                 "Strings that may be nowhere in the letters and digits of an address run together."},
                {"ignore_case", true, "`false`: words of an address only count in lower case, as in datatrove."},
                {"drop", true,
                 "`false` keeps all rows; `url_rule`, `url_list` and `url_entry` say what they would be dropped for."}},
    .make = make,
    .fingerprint_of = hash_lists,
};

}  // namespace millpond::curate
