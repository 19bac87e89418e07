#include "millpond/curate/word_model.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>

#include "curate/perplexity/word_sequence.h"

namespace millpond::curate {

struct WordModel::Slot : WordModelSlot {};

double WordModel::Sum::perplexity() const {
  return words == 0 ? std::numeric_limits<double>::quiet_NaN() : std::pow(10, -log10 / static_cast<double>(words));
}

Result<std::shared_ptr<const WordModel>> WordModel::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return os_error(errno, "open", path);
  struct stat info{};
  void* mapping = MAP_FAILED;
  int failure = ::fstat(descriptor, &info) != 0 ? errno : 0;
  const auto size = static_cast<std::size_t>(info.st_size);
  if (failure == 0 && size >= sizeof(WordModelHead)) {
    mapping = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (mapping == MAP_FAILED) failure = errno;
  }
  ::close(descriptor);
  if (failure != 0) return os_error(failure, "map", path);
  if (mapping == MAP_FAILED) return corrupt("not a model of words: ", path);
  std::shared_ptr<WordModel> model(new WordModel());
  model->mapping_ = mapping;
  model->mapping_bytes_ = size;
  WordModelHead head;
  std::memcpy(&head, mapping, sizeof head);
  const bool fits = std::memcmp(head.magic, "mpwords1", 8) == 0 && head.order >= 1 && head.order <= kWordOrderMax &&
                    std::has_single_bit(head.slots) && head.slots <= size / sizeof(WordModelSlot) &&
                    head.slots * sizeof(WordModelSlot) + sizeof head == size;
  if (!fits) return corrupt("not a model of words, or cut short: ", path);
  model->order_ = static_cast<int>(head.order);
  model->unknown_ = head.unknown;
  model->mask_ = head.slots - 1;
  model->slots_ = reinterpret_cast<const Slot*>(static_cast<const char*>(mapping) + sizeof head);
  return std::shared_ptr<const WordModel>(std::move(model));
}

WordModel::~WordModel() {
  if (mapping_ != nullptr) ::munmap(mapping_, mapping_bytes_);
}

const WordModel::Slot* WordModel::find(std::uint64_t key) const {
  std::uint64_t at = key & mask_;
  for (std::uint64_t probes = 0; probes <= mask_; ++probes, at = (at + 1) & mask_) {
    if (slots_[at].key == key) return &slots_[at];
    if (slots_[at].key == 0) return nullptr;
  }
  return nullptr;
}

std::optional<WordModel::Entry> WordModel::entry(std::uint64_t key) const {
  const Slot* slot = find(key);
  if (slot == nullptr) return std::nullopt;
  return Entry{slot->log10, slot->backoff, static_cast<std::uint64_t>(slot - slots_)};
}

void WordModel::score_line(std::string_view line, Sum& sum) const {
  std::array<std::uint64_t, kWordOrderMax> context{};  // the last words, the newest first
  std::array<float, kWordOrderMax> backoffs{};         // of the rows of 1, 2 … last words; as many as were seen
  int known = 1, seen = 0;
  context[0] = kSentenceBegin;
  if (const Slot* begin = find(row_of_one(kSentenceBegin)); begin != nullptr) backoffs[0] = begin->backoff, seen = 1;
  const auto add = [&](std::uint64_t word) {
    std::array<float, kWordOrderMax> next{};
    std::uint64_t key = 0;
    int found = 0;
    float score = unknown_;
    for (int length = 1; length <= std::min(order_, known + 1); ++length) {
      key = longer_key(key, length == 1 ? word : context[static_cast<std::size_t>(length - 2)]);
      const Slot* slot = find(key);
      if (slot == nullptr) break;
      score = slot->log10;
      next[static_cast<std::size_t>(length - 1)] = slot->backoff;
      found = length;
    }
    if (found == 0) ++sum.unknown;
    double total = static_cast<double>(score);
    for (int length = std::max(found, 1); length <= seen; ++length) {
      total += static_cast<double>(backoffs[static_cast<std::size_t>(length - 1)]);
    }
    sum.log10 += total;
    ++sum.words;
    backoffs = next;
    seen = std::min(found, order_ - 1);
    std::copy_backward(context.begin(), context.end() - 1, context.end());
    context[0] = word;
    known = std::min(known + 1, order_ - 1);
  };
  bool any = false;
  each_line_word(line, [&](std::string_view word) { any = true, add(word_key(word)); });
  if (any) add(kSentenceEnd);
}

WordModel::Sum WordModel::score(std::string_view text) const {
  Sum sum;
  each_line(text, [&](std::string_view line) { score_line(line, sum); });
  return sum;
}

}  // namespace millpond::curate
