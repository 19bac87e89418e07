#include "pond/object/object_writer.h"

namespace millpond::pond {
namespace {

constexpr std::size_t kPartBytes = std::size_t{8} << 20;
constexpr std::size_t kPartsPerStep = 1000;  // then parts double: a store takes 10,000 of them

}  // namespace

Status ObjectWriter::send_part(std::string_view bytes) {
  if (upload_.empty()) { MP_ASSIGN(upload_, store_->begin_upload(path_)); }
  const int number = static_cast<int>(tags_.size()) + 1;
  MP_ASSIGN(std::string tag, store_->upload_part(path_, upload_, number, bytes));
  tags_.push_back(std::move(tag));
  return {};
}

Status ObjectWriter::append(std::string_view bytes) {
  size_bytes_ += static_cast<std::int64_t>(bytes.size());
  const std::size_t part_bytes = kPartBytes << (tags_.size() / kPartsPerStep);
  while (buffer_.size() + bytes.size() >= part_bytes) {
    const std::size_t taken = part_bytes - buffer_.size();
    buffer_.append(bytes.substr(0, taken));
    bytes.remove_prefix(taken);
    MP_TRY(send_part(buffer_));
    buffer_.clear();
  }
  buffer_.append(bytes);
  return {};
}

Status ObjectWriter::finish() {
  if (upload_.empty()) return store_->write(path_, buffer_);
  if (!buffer_.empty()) MP_TRY(send_part(buffer_));
  MP_TRY(store_->complete_upload(path_, upload_, tags_, size_bytes_));
  upload_.clear();
  return {};
}

void ObjectWriter::abandon() {
  if (!upload_.empty()) store_->abort_upload(path_, upload_);
  upload_.clear();
  buffer_.clear();
}

}  // namespace millpond::pond
