#include "extract/worker_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "extract/work_notice.h"

extern char** environ;

namespace millpond::extract {
namespace {

constexpr int kPollMs = 50;  // how soon a cancel is seen

Status from_answer(Code code, std::string_view payload) {
  const std::size_t nul = payload.find('\0');
  Status status(code, std::string(payload.substr(0, nul)));
  if (nul == payload.npos) return status;
  return std::move(status).hint(std::string(payload.substr(nul + 1)));
}

}  // namespace

Result<std::unique_ptr<WorkerProcess>> WorkerProcess::start(const std::string& executable) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return os_error(errno, "make a socket for", "worker");
  const int buffer_bytes = 1 << 20;
  for (const int end : ends) ::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);

  // All other descriptors of ours are close-on-exec or closed here, so a worker holds no file but its socket.
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  const bool keep_stderr = ::getenv("MILLPOND_WORKER_STDERR") != nullptr;
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  if (!keep_stderr) ::posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], kWorkerSocket);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, kWorkerSocket + 1);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);

  const std::string parent = std::to_string(::getpid());
  std::string name = "millpond", command(kWorkerCommand), argument = parent;
  char* argv[] = {name.data(), command.data(), argument.data(), nullptr};
  pid_t pid = 0;
  const int problem = ::posix_spawn(&pid, executable.c_str(), &actions, &attributes, argv, environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  ::close(ends[1]);
  if (problem != 0) {
    ::close(ends[0]);
    return os_error(problem, "start a worker from", executable);
  }
  return std::unique_ptr<WorkerProcess>(new WorkerProcess(pid, ends[0]));
}

WorkerProcess::~WorkerProcess() {
  if (alive()) end();
}

bool WorkerProcess::usable() const {
  char byte;
  return ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;  // open, and nothing to say
}

void WorkerProcess::end() {
  ::kill(pid_, SIGKILL);
  int state = 0;
  while (::waitpid(pid_, &state, 0) < 0 && errno == EINTR) {}
  ::close(socket_);
  socket_ = -1;
}

/// The child closed its socket: says how it ended.
Status WorkerProcess::died() {
  int state = 0;
  rusage usage{};
  pid_t waited = 0;
  ::kill(pid_, SIGKILL);  // does nothing to one that is already a zombie, and ends one that only closed its socket
  while ((waited = ::wait4(pid_, &state, 0, &usage)) < 0 && errno == EINTR) {}
  ::close(socket_);
  socket_ = -1;
  if (waited != pid_) return corrupt("parser ended without an answer");
  if (!WIFSIGNALED(state)) return corrupt("parser ended without an answer (exit status ", WEXITSTATUS(state), ")");
  const int signal_number = WTERMSIG(state);
  if (signal_number == SIGXCPU) return error(Code::kDeadlineExceeded, "parsing took too much processor time");
  // Libraries that cannot report a failed allocation abort; the size it had reached tells that apart from a bug.
  const bool full = std::int64_t{usage.ru_maxrss} * 1024 > limits_->memory_bytes / 4 * 3;
  if (full || signal_number == SIGKILL) {
    return exhausted("parsing ran out of memory (signal ", signal_number, ")")
        .hint("Raise memory_mb_max of `extract`.");
  }
  return corrupt("parser crashed (signal ", signal_number, ")").hint("Other documents are not affected.");
}

Status WorkerProcess::wait(short events) {
  while (true) {
    Status stop = context_->check();
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
    if (stop.ok() && left <= 0) {
      stop = error(Code::kDeadlineExceeded, "parsing took longer than ", limits_->time_ms / 1000.0, " s")
                 .hint("Raise time_seconds_max of `extract`.");
    }
    if (!stop.ok()) {
      end();
      return stop;
    }
    pollfd one{socket_, events, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(std::clamp<std::int64_t>(left, 1, kPollMs)));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) {
      const int problem = errno;
      end();
      return os_error(problem, "wait for", "worker");
    }
  }
}

Status WorkerProcess::send(const void* data, std::size_t size_bytes) {
  const char* at = static_cast<const char*>(data);
  while (size_bytes > 0) {
    const ssize_t n = ::send(socket_, at, size_bytes, MSG_NOSIGNAL);
    if (n > 0) {
      at += n;
      size_bytes -= static_cast<std::size_t>(n);
    } else if (n < 0 && errno == EAGAIN) {
      MP_TRY(wait(POLLOUT));
    } else if (n < 0 && errno != EINTR) {
      return died();
    }
  }
  return {};
}

Status WorkerProcess::receive(void* data, std::size_t size_bytes) {
  char* at = static_cast<char*>(data);
  while (size_bytes > 0) {
    const ssize_t n = ::recv(socket_, at, size_bytes, 0);
    if (n > 0) {
      at += n;
      size_bytes -= static_cast<std::size_t>(n);
    } else if (n < 0 && errno == EAGAIN) {
      MP_TRY(wait(POLLIN));
    } else if (n == 0 || errno != EINTR) {
      return died();
    }
  }
  return {};
}

Result<WorkerProcess::Payload> WorkerProcess::ask(RequestHead head, const ParseRequest& request, const Limits& limits,
                                                  Context& context) {
  context_ = &context;
  limits_ = &limits;
  deadline_ = Clock::now() + std::chrono::milliseconds(limits.time_ms);
  const bool by_path = !request.path.empty();
  const std::string_view source = by_path ? request.path : request.bytes;

  head.media_type_bytes = static_cast<std::uint32_t>(request.media_type.size());
  head.source_bytes = source.size();
  head.source_is_path = by_path;
  head.hash_given = !request.sha256.empty();
  if (head.hash_given)
    std::memcpy(head.sha256, request.sha256.data(), std::min(request.sha256.size(), sizeof head.sha256));
  head.limits = limits;
  head.film = request.film;
  std::string front(reinterpret_cast<const char*>(&head), sizeof head);
  front.append(request.media_type);
  if (by_path) front.append(source);
  MP_TRY(send(front.data(), front.size()));
  if (!by_path) MP_TRY(send(source.data(), source.size()));

  ResponseHead answer;
  WorkNotice notice(request.path, Clock::now());
  while (true) {
    MP_TRY(receive(&answer, sizeof answer));
    deadline_ = Clock::now() + std::chrono::milliseconds(limits.time_ms);
    if (answer.magic != ResponseHead{}.magic || answer.payload_bytes != kStillWorking) break;
    notice.tell(answer, context.progress());
  }
  if (answer.magic != ResponseHead{}.magic || answer.payload_bytes > payload_bytes_max(limits)) {
    end();
    return corrupt("worker gave a malformed answer");
  }
  EncodedDocument::Bytes payload(static_cast<char*>(std::malloc(answer.payload_bytes + 1)));
  if (!payload) {
    end();
    return exhausted("no memory for a worker's answer of ", answer.payload_bytes, " bytes");
  }
  MP_TRY(receive(payload.get(), answer.payload_bytes));
  if (answer.code != Code::kOk) return from_answer(answer.code, {payload.get(), answer.payload_bytes});
  return Payload{std::move(payload), answer.payload_bytes};
}

Result<EncodedDocument> WorkerProcess::parse(const ParseRequest& request, const Limits& limits, Context& context) {
  MP_ASSIGN(Payload payload, ask({}, request, limits, context));
  return EncodedDocument::open(std::move(payload.bytes), payload.size);
}

Result<PageImage> WorkerProcess::render(const ParseRequest& request, int page, int width_pixels, const Limits& limits,
                                        Context& context) {
  RequestHead head;
  head.page = page;
  head.width_pixels = width_pixels;
  MP_ASSIGN(const Payload payload, ask(head, request, limits, context));
  PictureHead picture;
  if (payload.size < sizeof picture) return corrupt("worker gave a malformed answer");
  std::memcpy(&picture, payload.bytes.get(), sizeof picture);
  return PageImage{std::string(payload.bytes.get() + sizeof picture, payload.size - sizeof picture),
                   picture.width_points, picture.height_points, picture.pages};
}

}  // namespace millpond::extract
