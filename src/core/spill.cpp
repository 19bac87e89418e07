#include "core/spill.h"

#include <arrow/io/buffered.h>
#include <arrow/io/file.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <arrow/util/io_util.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "core/arrow_status.h"

namespace millpond {
namespace {

constexpr std::int64_t kBufferBytes = 64 << 10;  // for each file that is open at once

/// A full disk is said to be one.
Status spilled(const arrow::Status& status, const std::string& folder) {
  if (const int number = arrow::internal::ErrnoFromStatus(status); number != 0) {
    return os_error(number, "cannot spill to", folder);
  }
  return from_arrow(status).at("cannot spill to " + folder);
}

class SpillStream final : public Stream {
 public:
  SpillStream(std::unique_ptr<SpillFile> file, std::shared_ptr<arrow::ipc::RecordBatchStreamReader> reader)
      : file_(std::move(file)), reader_(std::move(reader)) {}
  ArrowSchema schema() const override { return reader_->schema(); }
  Result<std::optional<Batch>> next(Context& context) override {
    MP_TRY(context.check());
    while (true) {
      Batch batch;
      MP_TRY(from_arrow(reader_->ReadNext(&batch)));
      if (!batch) return std::optional<Batch>();
      if (batch->num_rows() > 0) return std::optional<Batch>(std::move(batch));
    }
  }

 private:
  std::unique_ptr<SpillFile> file_;
  std::shared_ptr<arrow::ipc::RecordBatchStreamReader> reader_;
};

}  // namespace

struct SpillFile::Writer {
  std::shared_ptr<arrow::io::OutputStream> out;
  std::shared_ptr<arrow::ipc::RecordBatchWriter> batches;
};

SpillFile::SpillFile(std::string folder, ArrowSchema schema, int descriptor)
    : folder_(std::move(folder)), schema_(std::move(schema)), descriptor_(descriptor) {}

SpillFile::~SpillFile() {
  writer_.reset();  // its descriptor is a copy
  ::close(descriptor_);
}

Result<std::unique_ptr<SpillFile>> SpillFile::create(const std::string& folder, ArrowSchema schema) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) return os_error(failure.value(), "cannot make the folder", folder);
  std::string path = folder + "/spill-XXXXXX";
  const int descriptor = ::mkostemp(path.data(), O_CLOEXEC);
  if (descriptor < 0) return os_error(errno, "cannot make a file to spill to in", folder);
  std::unique_ptr<SpillFile> file(new SpillFile(folder, std::move(schema), descriptor));
  if (::unlink(path.c_str()) != 0) return os_error(errno, "cannot remove", path);

  const int copy = ::dup(descriptor);
  if (copy < 0) return os_error(errno, "cannot open again", path);
  MP_ASSIGN(auto raw, from_arrow(arrow::io::FileOutputStream::Open(copy)));
  file->writer_ = std::make_unique<Writer>();
  MP_ASSIGN(file->writer_->out, from_arrow(arrow::io::BufferedOutputStream::Create(
                                    kBufferBytes, arrow::default_memory_pool(), std::move(raw))));
  MP_ASSIGN(file->writer_->batches, from_arrow(arrow::ipc::MakeStreamWriter(file->writer_->out.get(), file->schema_)));
  return file;
}

Status SpillFile::append(const Batch& batch) {
  rows_ += batch->num_rows();
  return spilled(writer_->batches->WriteRecordBatch(*batch), folder_);
}

Status SpillFile::finish() {
  if (!writer_) return internal("a spilled file is read twice");
  MP_TRY(spilled(writer_->batches->Close(), folder_));
  MP_TRY(spilled(writer_->out->Close(), folder_));
  writer_.reset();
  if (::lseek(descriptor_, 0, SEEK_SET) != 0) return os_error(errno, "cannot read what was spilled to", folder_);
  return {};
}

Result<std::unique_ptr<Stream>> SpillFile::read(std::unique_ptr<SpillFile> file) {
  MP_TRY(file->finish());
  const int copy = ::dup(file->descriptor_);
  if (copy < 0) return os_error(errno, "cannot read what was spilled to", file->folder_);
  MP_ASSIGN(auto in, from_arrow(arrow::io::ReadableFile::Open(copy)));
  MP_ASSIGN(auto reader, from_arrow(arrow::ipc::RecordBatchStreamReader::Open(std::move(in))));
  return std::unique_ptr<Stream>(std::make_unique<SpillStream>(std::move(file), std::move(reader)));
}

}  // namespace millpond
