#include "model/speech_loader.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "model/ct2_weights.h"
#include "model/encoder_loader.h"

namespace millpond::model {
namespace {

/// A file's bytes, mapped.
class Mapping {
 public:
  Mapping() = default;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() {
    if (data_ != MAP_FAILED) ::munmap(data_, size_);
  }
  Status open(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return os_error(errno, "open", path);
    struct stat info{};
    const bool known = ::fstat(fd, &info) == 0 && info.st_size > 0;
    if (known) {
      size_ = static_cast<std::size_t>(info.st_size);
      data_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    ::close(fd);
    if (data_ == MAP_FAILED) return corrupt("model file cannot be mapped: ", path);
    return {};
  }
  std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }

 private:
  void* data_ = MAP_FAILED;
  std::size_t size_ = 0;
};

}  // namespace

Result<std::unique_ptr<SpeechBackend>> open_speech(const std::string& whisper, const std::string& silero, int threads) {
  MP_ASSIGN(void* const library, open_inference_plugin());
  const auto abi = reinterpret_cast<millpond_speech_abi_function*>(::dlsym(library, "millpond_speech_abi"));
  const auto create = reinterpret_cast<millpond_speech_create_function*>(::dlsym(library, "millpond_speech_create"));
  if (abi == nullptr || create == nullptr || abi() != kSpeechAbi)
    return internal("inference plug-in is of another version than the program").hint("Build or install both again.");
  Mapping file;
  MP_TRY(file.open(whisper + "/model.bin"));
  MP_ASSIGN(const Ct2Weights weights, read_ct2(file.bytes()));
  SpeechConfig config;
  config.weights = &weights;
  config.voice_file = silero + "/silero_vad_16k_sequence.onnx";
  config.threads = threads;
  std::string reason;
  std::unique_ptr<SpeechBackend> backend(create(config, reason));
  if (backend == nullptr) {
    return unsupported("the models of speech cannot be loaded: ", reason)
        .hint("./dev install --models fetches them, and the part of OpenVINO that they need.");
  }
  return backend;
}

}  // namespace millpond::model
