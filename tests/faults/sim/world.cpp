#include "world.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstring>

namespace millpond::sim {
namespace {

World* g_world = nullptr;       // the caught functions have no other way to it
thread_local int t_actor = -1;  // helpers of an actor, such as those that sync, have none
thread_local bool t_inside = false;

}  // namespace

struct World::Actor {
  bool done = false;
  bool alone = false;
  bool dead = false;
  bool committed = false;  // has written to the catalog: nobody else runs until the operation is over
  bool sticky = false, ordered = true;
  Fault fault;
  std::int64_t calls = 0, catalog_calls = 0;
};

World::World(std::uint64_t seed, std::string root) : root_(std::move(root)), random_(seed), descriptors_(4096) {
  g_world = this;
}
World::~World() { g_world = nullptr; }
World* World::current() { return t_inside ? nullptr : g_world; }

std::uint64_t World::random(std::uint64_t below) { return random_() % below; }
bool World::dead() const { return t_actor >= 0 && actors_[static_cast<std::size_t>(t_actor)].dead; }

void World::run(const std::vector<std::function<void(int)>>& actors) {
  actors_.assign(actors.size(), Actor{});
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < actors.size(); ++i) {
    threads.emplace_back([&, i] {
      t_actor = static_cast<int>(i);
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return running_ == t_actor; });
      }
      actors[i](t_actor);
      std::unique_lock lock(mutex_);
      actors_[i].done = true;
      std::vector<int> left;
      for (std::size_t k = 0; k < actors_.size(); ++k)
        if (!actors_[k].done) left.push_back(static_cast<int>(k));
      running_ = left.empty() ? -1 : left[random(left.size())];
      changed_.notify_all();
    });
  }
  {
    const std::lock_guard lock(mutex_);
    running_ = static_cast<int>(random(actors.size()));
  }
  changed_.notify_all();
  for (std::thread& thread : threads) thread.join();
  running_ = -1;
}

void World::begin(const Fault& fault) {
  Actor& actor = actors_[static_cast<std::size_t>(t_actor)];
  actor = Actor{};
  actor.fault = fault;
}

void World::unordered() { actors_[static_cast<std::size_t>(t_actor)].ordered = false; }

bool World::end() {
  Actor& actor = actors_[static_cast<std::size_t>(t_actor)];
  const bool died = actor.dead;
  actor = Actor{};
  actor.alone = true;  // until the next begin
  return !died;
}

void World::alone(const std::function<void()>& work) {
  Actor& actor = actors_[static_cast<std::size_t>(t_actor)];
  const Actor saved = actor;
  actor = Actor{};
  actor.alone = true;
  work();
  actor = saved;
}

void World::yield() {
  std::unique_lock lock(mutex_);
  std::vector<int> ready;
  for (std::size_t i = 0; i < actors_.size(); ++i)
    if (!actors_[i].done) ready.push_back(static_cast<int>(i));
  const int next = ready[random(ready.size())];
  if (next == t_actor) return;
  ++switches_;
  running_ = next;
  changed_.notify_all();
  changed_.wait(lock, [&] { return running_ == t_actor; });
}

void World::nap() {
  if (t_actor >= 0 && !actors_[static_cast<std::size_t>(t_actor)].alone) yield();
}

bool World::is_ours(const char* path, bool& catalog) const {
  if (path == nullptr || std::strncmp(path, root_.c_str(), root_.size()) != 0) return false;
  catalog = std::strncmp(path + root_.size(), "/catalog.db", 11) == 0;
  return !(catalog && std::strstr(path, "-shm") != nullptr);
}

/// What the one who runs must be told of this call, by itself or by a helper.
int World::fail(bool catalog) {
  if (running_ < 0) return 0;
  Actor& actor = actors_[static_cast<std::size_t>(running_)];
  if (actor.alone) return 0;
  if (actor.dead) return EIO;
  if (actor.sticky && !catalog) return actor.fault.kind == Fault::Kind::kDiskFull ? ENOSPC : EIO;
  const bool helper = t_actor < 0;  // their order is not the seed's: they fail only if the actor does
  if (helper) return 0;
  if (catalog && actor.ordered) actor.committed = true;
  const std::int64_t call = ++(catalog ? actor.catalog_calls : actor.calls);
  if (actor.fault.kind == Fault::Kind::kNone || catalog != actor.fault.in_catalog || call != actor.fault.at) return 0;
  switch (actor.fault.kind) {
    case Fault::Kind::kDie: actor.dead = true; return EIO;
    case Fault::Kind::kDiskFull: actor.sticky = true; return ENOSPC;
    default: return EIO;
  }
}

int World::before_change(const char* path) {
  bool catalog = false;
  if (!is_ours(path, catalog)) return 0;
  if (!catalog && t_actor >= 0) {
    const Actor& actor = actors_[static_cast<std::size_t>(t_actor)];
    if (!actor.alone && !actor.dead && !actor.committed) yield();
  }
  return fail(catalog);
}

int World::before_change(int descriptor) {
  if (descriptor < 0 || descriptor >= static_cast<int>(descriptors_.size())) return 0;
  const std::uint8_t kind = descriptors_[static_cast<std::size_t>(descriptor)];
  if (kind == 0) return 0;
  if (kind == 1 && t_actor >= 0) {
    const Actor& actor = actors_[static_cast<std::size_t>(t_actor)];
    if (!actor.alone && !actor.dead && !actor.committed) yield();
  }
  return fail(kind == 2);
}

void World::opened(int descriptor, const char* path) {
  if (descriptor < 0 || descriptor >= static_cast<int>(descriptors_.size())) return;
  bool catalog = false;
  const bool ours = is_ours(path, catalog);
  descriptors_[static_cast<std::size_t>(descriptor)] = static_cast<std::uint8_t>(!ours ? 0 : catalog ? 2 : 1);
}

void World::fill(void* bytes, std::size_t size) {
  auto* out = static_cast<unsigned char*>(bytes);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<unsigned char>(random_());
}

}  // namespace millpond::sim

// The caught functions. They stand in the program and so come before those of the C library, for all that it loads.
using millpond::sim::World;

namespace {
template <class F>
F* real(const char* name) {
  return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}
int refused(int number) {
  errno = number;
  return -1;
}
int open_as(const char* path, int flags, mode_t mode, const char* name) {
  using Open = int(const char*, int, ...);
  World* world = World::current();
  // Reading is a place to be interrupted, too: files go away under readers.
  if (world != nullptr) {
    const int number = world->before_change(path);
    if (number != 0 && (flags & (O_WRONLY | O_RDWR)) != 0) return refused(number);
  }
  const int descriptor = real<Open>(name)(path, flags, mode);
  if (world != nullptr) world->opened(descriptor, path);
  return descriptor;
}
}  // namespace

extern "C" {
int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return open_as(path, flags, mode, "open");
}
int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return open_as(path, flags, mode, "open64");
}
ssize_t write(int descriptor, const void* bytes, size_t size) {
  if (World* world = World::current()) {
    if (const int number = world->before_change(descriptor)) return refused(number);
  }
  return ::syscall(SYS_write, descriptor, bytes, size);
}
ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t at) {
  if (World* world = World::current()) {
    if (const int number = world->before_change(descriptor)) return refused(number);
  }
  return ::syscall(SYS_pwrite64, descriptor, bytes, size, at);
}
ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t at) {
  return pwrite64(descriptor, bytes, size, at);
}
int fsync(int descriptor) {
  if (World* world = World::current()) {
    if (const int number = world->before_change(descriptor)) return refused(number);
  }
  return static_cast<int>(::syscall(SYS_fsync, descriptor));
}
int fdatasync(int descriptor) {
  if (World* world = World::current()) {
    if (const int number = world->before_change(descriptor)) return refused(number);
  }
  return static_cast<int>(::syscall(SYS_fdatasync, descriptor));
}
int unlink(const char* path) noexcept {
  if (World* world = World::current()) {
    if (const int number = world->before_change(path)) return refused(number);
  }
  return static_cast<int>(::syscall(SYS_unlink, path));
}
int mkdir(const char* path, mode_t mode) noexcept {
  if (World* world = World::current()) {
    if (const int number = world->before_change(path)) return refused(number);
  }
  return static_cast<int>(::syscall(SYS_mkdir, path, mode));
}
int close(int descriptor) {
  if (World* world = World::current()) world->opened(descriptor, nullptr);
  return static_cast<int>(::syscall(SYS_close, descriptor));
}
int nanosleep(const timespec* time, timespec* left) {
  if (World* world = World::current()) {
    world->nap();
    return 0;
  }
  return static_cast<int>(::syscall(SYS_nanosleep, time, left));
}
int clock_nanosleep(clockid_t, int, const timespec*, timespec*) {
  if (World* world = World::current()) world->nap();
  return 0;
}
int usleep(useconds_t) {
  if (World* world = World::current()) world->nap();
  return 0;
}
ssize_t getrandom(void* bytes, size_t size, unsigned flags) {
  if (World* world = World::current()) {
    world->fill(bytes, size);
    return static_cast<ssize_t>(size);
  }
  return ::syscall(SYS_getrandom, bytes, size, flags);
}
}
