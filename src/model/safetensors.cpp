#include "model/safetensors.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>

namespace millpond::model {
namespace {

constexpr std::uint64_t kHeaderBytesMax = 16 << 20;  // thousands of tensors; parsing takes several times as much
constexpr std::size_t kDimensionsMax = 8;

struct ElementType {
  std::string_view name;
  std::int64_t size_bytes;
};
constexpr std::array kElementTypes = {ElementType{"F32", 4},  ElementType{"F16", 2},     ElementType{"BF16", 2},
                                      ElementType{"F64", 8},  ElementType{"I64", 8},     ElementType{"I32", 4},
                                      ElementType{"I16", 2},  ElementType{"I8", 1},      ElementType{"U8", 1},
                                      ElementType{"U16", 2},  ElementType{"U32", 4},     ElementType{"U64", 8},
                                      ElementType{"BOOL", 1}, ElementType{"F8_E4M3", 1}, ElementType{"F8_E5M2", 1}};

std::optional<std::uint64_t> unsigned_of(const nlohmann::json& value) {
  if (!value.is_number_unsigned()) return std::nullopt;
  return value.get<std::uint64_t>();
}

/// The tensor that a header entry describes, its data checked against shape and file.
Result<Tensor> read_entry(const nlohmann::json& entry, std::string_view data) {
  const auto type = entry.find("dtype"), shape = entry.find("shape"), offsets = entry.find("data_offsets");
  if (type == entry.end() || !type->is_string() || shape == entry.end() || !shape->is_array() ||
      offsets == entry.end() || !offsets->is_array() || offsets->size() != 2) {
    return corrupt("entry needs dtype, shape and two data_offsets");
  }
  const auto begin = unsigned_of((*offsets)[0]), end = unsigned_of((*offsets)[1]);
  if (!begin || !end || *begin > *end || *end > data.size()) return corrupt("data_offsets outside of the file");
  Tensor tensor;
  for (const ElementType& known : kElementTypes) {
    if (known.name == type->get_ref<const std::string&>()) tensor.type = known.name;
  }
  if (tensor.type.empty()) return corrupt("unknown dtype: ", type->get_ref<const std::string&>());
  if (shape->size() > kDimensionsMax) return corrupt("more than ", kDimensionsMax, " dimensions: ", shape->size());
  std::int64_t size_bytes = 1;
  for (const ElementType& known : kElementTypes) {
    if (known.name == tensor.type) size_bytes = known.size_bytes;
  }
  for (const nlohmann::json& extent : *shape) {
    const auto value = unsigned_of(extent);
    std::int64_t product = 0;
    if (!value || *value > INT64_MAX ||
        __builtin_mul_overflow(size_bytes, static_cast<std::int64_t>(*value), &product)) {
      return corrupt("shape too large");
    }
    size_bytes = product;
    tensor.shape.push_back(static_cast<std::int64_t>(*value));
  }
  if (static_cast<std::uint64_t>(size_bytes) != *end - *begin) return corrupt("shape and data_offsets disagree");
  tensor.data = data.substr(*begin, *end - *begin);
  return tensor;
}

}  // namespace

Status Safetensors::read_header(std::string_view bytes) {
  if (bytes.size() < 8) return corrupt("file is shorter than its header: ", bytes.size(), " bytes");
  std::uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, bytes.data(), 8);
  if (header_bytes > kHeaderBytesMax || header_bytes > bytes.size() - 8) {
    return corrupt("header length does not fit the file: ", header_bytes);
  }
  const nlohmann::json header =
      nlohmann::json::parse(bytes.data() + 8, bytes.data() + 8 + header_bytes, nullptr, /*allow_exceptions=*/false);
  if (!header.is_object()) return corrupt("header is not a JSON object");
  const std::string_view data = bytes.substr(8 + header_bytes);
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;
    if (!entry.is_object()) return corrupt("entry is not an object: ", name);
    auto tensor = read_entry(entry, data);
    if (!tensor.ok()) return std::move(tensor).status().at(name);
    tensors_.emplace(name, *std::move(tensor));
  }
  return {};
}

Result<std::shared_ptr<const Safetensors>> Safetensors::parse(std::string_view bytes) {
  std::shared_ptr<Safetensors> file(new Safetensors());
  MP_TRY(file->read_header(bytes));
  return std::shared_ptr<const Safetensors>(std::move(file));
}

Result<std::shared_ptr<const Safetensors>> Safetensors::open(const std::string& path) {
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
  if (mapping == MAP_FAILED) return corrupt("file is empty: ", path);
  std::shared_ptr<Safetensors> file(new Safetensors());
  file->mapping_ = mapping;
  file->mapping_bytes_ = static_cast<std::size_t>(info.st_size);
  Status status = file->read_header({static_cast<const char*>(mapping), file->mapping_bytes_});
  if (!status.ok()) return std::move(status).at(path);
  return std::shared_ptr<const Safetensors>(std::move(file));
}

Safetensors::~Safetensors() {
  if (mapping_ != nullptr) ::munmap(mapping_, mapping_bytes_);
}

const Tensor* Safetensors::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

Result<const float*> Safetensors::floats(std::string_view name, std::int64_t count) const {
  const Tensor* tensor = find(name);
  if (tensor == nullptr) return unsupported("the model has no tensor ", name);
  if (tensor->type != "F32") return unsupported("tensor ", name, " is not F32: ", tensor->type);
  if (static_cast<std::int64_t>(tensor->data.size()) != count * 4) {
    return unsupported("tensor ", name, " should have ", count, " values: ", tensor->data.size() / 4);
  }
  if (reinterpret_cast<std::uintptr_t>(tensor->data.data()) % alignof(float) != 0) {
    return unsupported("tensor ", name, " is not aligned");
  }
  return reinterpret_cast<const float*>(tensor->data.data());
}

void Safetensors::release_pages() const {
  if (mapping_ != nullptr) ::madvise(mapping_, mapping_bytes_, MADV_DONTNEED);
}

}  // namespace millpond::model
