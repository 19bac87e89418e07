// The child's side: reads requests off its socket, parses, answers; leaves when the parent hangs up.

#include <fcntl.h>
#include <malloc.h>
#include <openssl/evp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "extract/container/part_reader.h"
#include "extract/library_messages.h"
#include "extract/media/av_library.h"
#include "extract/media/film.h"
#include "extract/pictures/views.h"
#include "extract/sound/film_sound.h"
#include "extract/speech/transcript.h"
#include "extract/worker_protocol.h"
#include "millpond/extract/detect.h"
#include "millpond/extract/page_image.h"
#include "millpond/extract/worker.h"

namespace millpond::extract {
namespace {

constexpr std::size_t kKeepBytes = std::size_t{16} << 20;  // memory above this goes back after each document

bool receive_all(void* data, std::size_t size_bytes) {
  char* at = static_cast<char*>(data);
  while (size_bytes > 0) {
    const ssize_t n = ::read(kWorkerSocket, at, size_bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    size_bytes -= static_cast<std::size_t>(n);
  }
  return true;
}

bool send_all(const void* data, std::size_t size_bytes) {
  const char* at = static_cast<const char*>(data);
  while (size_bytes > 0) {
    const ssize_t n = ::send(kWorkerSocket, at, size_bytes, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    size_bytes -= static_cast<std::size_t>(n);
  }
  return true;
}

std::int64_t address_space_bytes() {
  long pages = 0;
  if (FILE* file = std::fopen("/proc/self/statm", "re")) {
    if (std::fscanf(file, "%ld", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return pages * ::sysconf(_SC_PAGESIZE);
}

void set_limit(int which, std::int64_t soft) {
  rlimit limit{};
  ::getrlimit(which, &limit);
  limit.rlim_cur = soft < 0 ? limit.rlim_max : std::min<rlim_t>(limit.rlim_max, static_cast<rlim_t>(soft));
  ::setrlimit(which, &limit);
}

/// Bytes without initialisation: a std::string would touch a 2 GB buffer twice.
class Buffer {
 public:
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { std::free(data_); }
  bool grow(std::size_t size_bytes) {
    if (size_bytes <= capacity_) return true;
    auto* data = static_cast<char*>(std::realloc(data_, size_bytes));
    if (!data) return false;
    data_ = data;
    capacity_ = size_bytes;
    return true;
  }
  void shrink() {
    if (capacity_ <= kKeepBytes) return;
    std::free(data_);
    data_ = nullptr;
    capacity_ = 0;
  }
  char* data() { return data_; }
  std::size_t capacity() const { return capacity_; }

 private:
  char* data_ = nullptr;
  std::size_t capacity_ = 0;
};

Result<std::size_t> read_file(const std::string& path, std::int64_t bytes_max, Buffer& buffer) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return os_error(errno, "open", path);
  struct Closer {
    int fd;
    ~Closer() { ::close(fd); }
  } closer{fd};
  struct stat info{};
  if (::fstat(fd, &info) != 0) return os_error(errno, "stat", path);
  if (!S_ISREG(info.st_mode)) return invalid("not a regular file: ", path);
  if (info.st_size > bytes_max) {
    return exhausted("the file is larger than the limit of ", bytes_max, " bytes: ", info.st_size)
        .hint("Raise file_mb_max of `extract`, or split the file.");
  }
  std::size_t size = 0;
  if (!buffer.grow(static_cast<std::size_t>(info.st_size) + 1))
    return exhausted("no memory for a file of ", info.st_size);
  while (true) {
    if (size == buffer.capacity() && !buffer.grow(size * 2)) return exhausted("no memory for a file that grows");
    const ssize_t n = ::read(fd, buffer.data() + size, buffer.capacity() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return os_error(errno, "read", path);
    if (n == 0) return size;
    size += static_cast<std::size_t>(n);
    if (static_cast<std::int64_t>(size) > bytes_max) return exhausted("the file grew past the limit of ", bytes_max);
  }
}

std::string sha256_hex(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) != 1) return {};
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15];
  }
  return hex;
}

class Worker {
 public:
  explicit Worker(std::span<const Format> more) : more_(more), start_bytes_(address_space_bytes()) {}

  int serve() {
    RequestHead head;
    while (receive_all(&head, sizeof head)) {
      if (head.magic != RequestHead{}.magic) return 2;
      std::string reply(sizeof(ResponseHead), '\0');
      ResponseHead answer;
      Status status = handle(head, reply);
      if (closed_) return 0;
      const std::string said = messages_.take();
      if (!status.ok()) {
        answer.code = status.code();
        reply.resize(sizeof answer);
        reply.append(status.message());
        if (!said.empty()) reply.append(" (the library says: ").append(said).append(")");
        reply.append(1, '\0').append(status.hint());
      }
      answer.payload_bytes = reply.size() - sizeof answer;
      std::memcpy(reply.data(), &answer, sizeof answer);
      if (!send_all(reply.data(), reply.size())) return 0;
      tidy(reply.capacity());
    }
    return 0;
  }

 private:
  Status handle(const RequestHead& head, std::string& reply) {
    try {
      std::string media_type(head.media_type_bytes, '\0');
      if (!receive_all(media_type.data(), media_type.size())) return hung_up();
      set_limit(RLIMIT_AS, -1);  // the input itself does not count
      std::string path;
      std::size_t size = head.source_bytes;
      if (head.source_is_path) {
        path.resize(size);
        if (!receive_all(path.data(), size)) return hung_up();
        const auto read = read_file(path, head.limits.input_bytes, buffer_);
        if (head.hash_given && read.status().code() == Code::kInvalidArgument) {
          return conflict("is no file any more").hint("The next build looks again.");
        }
        MP_ASSIGN(size, read);
      } else {
        if (!buffer_.grow(size + 1)) return hung_up();
        if (!receive_all(buffer_.data(), size)) return hung_up();
      }
      const std::string_view bytes(buffer_.data(), size);
      if (head.hash_given && sha256_hex(bytes) != std::string_view(head.sha256, sizeof head.sha256)) {
        return conflict("changed while it was read").hint("The next build picks it up.");
      }
      return head.page > 0 ? draw(bytes, head, reply) : parse(media_type, path, bytes, head, reply);
    } catch (const std::bad_alloc&) {
      return exhausted("parsing needs more memory than ", head.limits.memory_bytes >> 20, " MB")
          .hint("Raise memory_mb_max of `extract`.");
    } catch (const std::exception& problem) { return internal("parser failed: ", problem.what()); }
  }

  Status parse(std::string media_type, std::string_view path, std::string_view bytes, const RequestHead& head,
               std::string& reply) {
    const Limits& limits = head.limits;
    if (media_type.empty()) {
      const std::size_t slash = path.rfind('/');
      media_type = detect_media_type(bytes.substr(0, kDetectBytes), path.substr(slash == path.npos ? 0 : slash + 1));
    }
    if (media_type == kGrayViews || media_type == kColourView) {
      restrain(limits);
      MP_ASSIGN(const Document views, make_views(bytes, media_type == kColourView, limits));
      encode(views, reply);
      return {};
    }
    const Format* format = find_format(media_type, more_);
    if (!format) format = find_format(media_type);
    if (!format) return unsupported("no parser for media type ", media_type);
    restrain(limits);
    MP_ASSIGN(Document document, format->parse(bytes, limits));
    if (may_be_heard(media_type)) MP_TRY(hear_and_see(media_type, bytes, limits, head.film, document));
    for (Part& part : document.parts) MP_TRY(hear_inside(limits, head.film, part.document));
    buffer_.shrink();  // a large input is not held beside the document and its encoding
    encode(document, reply);
    return {};
  }

  Status hear_and_see(std::string_view media_type, std::string_view bytes, const Limits& limits, const FilmRules& film,
                      Document& document) {
    if (limits.quality == Quality::kFast) return {};
    load_media(limits);
    const auto duration = document.metadata.find("duration_s");
    recording_s_ = duration == document.metadata.end() ? 0 : std::strtof(duration->second.c_str(), nullptr);
    if (film.transcript) MP_TRY(hear(media_type, bytes, limits, document));
    return add_key_frames(
        bytes, film, limits, [&](double share) { say_still_working(limits, WorkPhase::kFrames, share); }, document);
  }

  /// A recording that came in an archive or with a mail.
  Status hear_inside(const Limits& limits, const FilmRules& film, Document& part) {
    std::vector<Picture> recordings;
    std::erase_if(part.pictures, [&](Picture& picture) {
      if (picture.element != kRecordingInside) return false;
      recordings.push_back(std::move(picture));
      return true;
    });
    if (!film.transcript) return {};  // only pictures are wanted, and those of parts are not taken
    for (const Picture& recording : recordings)
      MP_TRY(hear_and_see(recording.media_type, recording.bytes, limits, film, part));
    return {};
  }

  /// What cannot be written down is said in the document, which is no worse for it than it was.
  Status hear(std::string_view media_type, std::string_view bytes, const Limits& limits, Document& document) {
    if (has_subtitles(document)) return {};
    std::string taken;  // out of a film
    if (media_type == "video/x-matroska") {
      if (auto sound = sound_of_matroska(bytes); sound.ok()) taken = std::move(*sound), bytes = taken;
    }
    const Status able = can_be_heard(bytes, document);
    if (!able.ok()) {
      if (able.code() != Code::kNotFound) document.metadata.emplace("transcript", why_none(able));
      return {};
    }
    if (!speech_) {
      set_limit(RLIMIT_AS, -1);  // the models themselves do not count
      const std::int64_t before = address_space_bytes();
      auto opened = SpeechReader::open(1);
      if (!opened.ok()) {
        document.metadata.emplace("transcript", why_none(opened.status()));
        return {};
      }
      speech_ = std::move(*opened);
      start_bytes_ += address_space_bytes() - before;
      restrain(limits);
      say_still_working(limits, WorkPhase::kVoices, 0);
    }
    auto transcript = speech_->read(bytes, [&](const SpeechAdvance& at) {
      say_still_working(limits, at.words ? WorkPhase::kWords : WorkPhase::kVoices, at.share);
    });
    if (transcript.ok()) {
      if (!transcript->cues.empty()) document.metadata.emplace("transcript", kSpeechModel);
      return add_transcript(*transcript, limits, document);
    }
    document.metadata.emplace("transcript", why_none(transcript.status()));
    return {};
  }

  /// Libraries themselves do not count as memory that a document needs.
  void load_media(const Limits& limits) {
    if (media_loaded_) return;
    media_loaded_ = true;
    set_limit(RLIMIT_AS, -1);
    const std::int64_t before = address_space_bytes();
    (void)av::load_library();  // who needs it says what is missing
    start_bytes_ += address_space_bytes() - before;
    restrain(limits);
  }

  static std::string why_none(const Status& status) {
    return "none: " + status.message() + (status.hint().empty() ? "" : " (" + status.hint() + ")");
  }

  /// The parent gives it more time; so does the limit of the processor's.
  void say_still_working(const Limits& limits, WorkPhase phase, double share) {
    const auto now = std::chrono::steady_clock::now();
    if (now - said_so_ < std::chrono::seconds(1)) return;
    said_so_ = now;
    ResponseHead head;
    head.payload_bytes = kStillWorking;
    head.phase = phase, head.share = static_cast<float>(share), head.recording_s = recording_s_;
    send_all(&head, sizeof head);
    limit_cpu(limits.time_ms);
  }

  Status draw(std::string_view bytes, const RequestHead& head, std::string& reply) {
    restrain(head.limits);
    MP_ASSIGN(const PageImage image, draw_pdf_page(bytes, head.page, head.width_pixels, head.limits));
    const PictureHead picture{image.width_points, image.height_points, image.pages};
    reply.append(reinterpret_cast<const char*>(&picture), sizeof picture).append(image.png);
    return {};
  }

  void restrain(const Limits& limits) {
    set_limit(RLIMIT_AS, start_bytes_ + static_cast<std::int64_t>(buffer_.capacity()) + limits.memory_bytes);
    limit_cpu(limits.time_ms);
  }

  // The parent watches the clock; this is for the case that the parent is gone.
  static void limit_cpu(int time_ms) {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    set_limit(RLIMIT_CPU, usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + 2 + time_ms / 1000);
  }

  void tidy(std::size_t reply_bytes) {
    const bool large = buffer_.capacity() > kKeepBytes || reply_bytes > kKeepBytes;
    buffer_.shrink();
    if (large) ::malloc_trim(0);
  }

  Status hung_up() {
    closed_ = true;
    return internal("the parent hung up");
  }

  const std::span<const Format> more_;
  std::int64_t start_bytes_;
  std::unique_ptr<SpeechReader> speech_;
  std::chrono::steady_clock::time_point said_so_{};
  bool media_loaded_ = false;
  float recording_s_ = 0;
  LibraryMessages messages_;
  Buffer buffer_;
  bool closed_ = false;
};

void leave_with(int parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(0);  // it died before the line above
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::setrlimit(RLIMIT_FSIZE, &none);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGINT, SIG_IGN);  // Ctrl-C in a terminal goes to the parent, which decides
}

}  // namespace

int extract_worker_main(int argc, char** argv, std::span<const Format> more) {
  if (argc != 3 || argv[1] != kWorkerCommand) return -1;
  int parent = 0;
  const std::string_view text = argv[2];
  if (std::from_chars(text.data(), text.data() + text.size(), parent).ec != std::errc()) return 2;
  leave_with(parent);
  // What a document gives must not depend on where it is read; and libraries would look at the zone's file each time.
  ::setenv("TZ", "UTC0", 1);
  return Worker(more).serve();
}

}  // namespace millpond::extract
