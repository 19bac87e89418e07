#include "millpond/curate/ngram_model.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>

#include "curate/classify/ngram_model_parts.h"

namespace millpond::curate {

WordIds::WordIds(const std::vector<std::string_view>& words, const std::vector<std::string_view>& labels)
    : texts_(words) {
  texts_.insert(texts_.end(), labels.begin(), labels.end());
  const std::size_t size = std::bit_ceil(texts_.size() * 2 + 1);
  slots_.assign(size, kNone);
  mask_ = size - 1;
  for (std::uint32_t id = 0; id < texts_.size(); ++id) {
    std::uint32_t hash = kHashBasis;
    for (const char byte : texts_[id]) hash = hash_byte(hash, byte);
    std::size_t slot = hash & mask_;
    while (slots_[slot] != kNone && texts_[slots_[slot]] != texts_[id]) slot = (slot + 1) & mask_;
    slots_[slot] = id;
  }
}

NgramModel::Impl::Impl(const NgramFile& file)
    : word_ngrams(file.word_ngrams),
      chars_min(file.chars_min),
      chars_max(file.chars_max),
      loss(file.loss),
      words(static_cast<std::uint32_t>(file.words.size())),
      width(static_cast<std::size_t>(file.dimensions)),
      pruned(file.pruned),
      buckets(static_cast<std::uint32_t>(file.buckets)),
      ids(file.words, file.labels),
      input(file.input.values),
      output(file.output.values) {
  for (const std::string_view label : file.labels) {
    labels.emplace_back(label.starts_with(kLabelPrefix) ? label.substr(kLabelPrefix.size()) : label);
  }
  if (loss == NgramLoss::kHierarchicalSoftmax) tree = LabelTree::build(file.label_counts);
  if (pruned || input == nullptr) decode_input(file);
  if (output == nullptr) {
    decoded_output.resize(labels.size() * width);
    for (std::size_t row = 0; row < labels.size(); ++row) {
      file.output.decode(static_cast<std::int64_t>(row), &decoded_output[row * width]);
    }
    output = reinterpret_cast<const char*>(decoded_output.data());
  }
}

void NgramModel::Impl::decode_input(const NgramFile& file) {
  std::vector<std::pair<std::int32_t, std::int32_t>> kept = file.kept;
  std::stable_sort(kept.begin(), kept.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  // Of a bucket that is listed twice the last one counts.
  std::size_t count = 0;
  for (const auto& entry : kept) {
    if (count > 0 && kept[count - 1].first == entry.first) --count;
    kept[count++] = entry;
  }
  kept.resize(count);
  if (pruned) bits.resize(static_cast<std::size_t>(file.buckets) / 64 + 1);
  for (const auto& entry : kept) {
    bits[static_cast<std::size_t>(entry.first) / 64] |= std::uint64_t{1} << (entry.first % 64);
  }
  std::uint32_t before = 0;
  for (const std::uint64_t word : bits) {
    rows_before.push_back(before);
    before += static_cast<std::uint32_t>(std::popcount(word));
  }
  const std::size_t ngram_rows = pruned ? kept.size() : static_cast<std::size_t>(file.buckets);
  decoded_input.resize((words + ngram_rows) * width);
  for (std::size_t row = 0; row < words + ngram_rows; ++row) {
    const bool moved = pruned && row >= words;
    const auto from = moved ? words + kept[row - words].second : static_cast<std::int64_t>(row);
    file.input.decode(from, &decoded_input[row * width]);
  }
  input = reinterpret_cast<const char*>(decoded_input.data());
}

NgramModel::Impl::~Impl() {
  if (mapping != nullptr) ::munmap(mapping, mapping_bytes);
}

NgramModel::NgramModel(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
NgramModel::~NgramModel() = default;
const std::vector<std::string>& NgramModel::labels() const { return impl_->labels; }
int NgramModel::dimensions() const { return static_cast<int>(impl_->width); }

Result<std::shared_ptr<const NgramModel>> NgramModel::parse(std::string_view bytes, const NgramModelLimits& limits) {
  MP_ASSIGN(NgramFile file, read_ngram_file(bytes, limits));
  return std::shared_ptr<const NgramModel>(new NgramModel(std::make_unique<Impl>(file)));
}

Result<std::shared_ptr<const NgramModel>> NgramModel::open(const std::string& path, const NgramModelLimits& limits) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return os_error(errno, "open", path);
  struct stat info{};
  void* mapping = MAP_FAILED;
  int failure = 0;
  if (::fstat(descriptor, &info) != 0) {
    failure = errno;
  } else if (info.st_size > 0) {
    mapping = ::mmap(nullptr, static_cast<std::size_t>(info.st_size), PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (mapping == MAP_FAILED) failure = errno;
  }
  ::close(descriptor);
  if (failure != 0) return os_error(failure, "map", path);
  if (mapping == MAP_FAILED) return corrupt("the model's file is empty: ", path);
  const auto size = static_cast<std::size_t>(info.st_size);
  Result<NgramFile> file = read_ngram_file({static_cast<const char*>(mapping), size}, limits);
  if (!file.ok()) {
    ::munmap(mapping, size);
    return std::move(file).status().at(path);
  }
  auto impl = std::make_unique<Impl>(*file);
  impl->mapping = mapping;
  impl->mapping_bytes = size;
  return std::shared_ptr<const NgramModel>(new NgramModel(std::move(impl)));
}

}  // namespace millpond::curate
