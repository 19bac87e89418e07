// Counts the calls by which a program changes files below a folder, over all its threads, and makes the Nth of them fail
// or the last thing the program does. Loaded with LD_PRELOAD by the tests beside it; strace counts each thread apart, so
// it cannot name "the 17th write of this build".
//
// FAULT_ROOT    the folder; calls on files elsewhere are let through uncounted
// FAULT_CALLS   which calls count: a comma-separated list of create,read,write,sync,rename,truncate,mkdir,unlink
// FAULT_AT      the call, from 1; 0 only counts
// FAULT_ACTION  kill, EIO or ENOSPC; stop halts the process before the call, until it gets SIGCONT
// FAULT_NO_LOCKS 1: flock says yes at once, so that nothing but the commits themselves keeps builds apart
// FAULT_STICKY  1: all later calls fail as well, as on a disk that is full
// FAULT_LOG     a line "number TAB call TAB path [TAB new path]" for each counted call that was made; an open of a file
//               that did not exist is "create", any other is not counted
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static char root[PATH_MAX], calls[256];
static size_t root_length;
static long fault_at, action_errno;
static int active, sticky, stops, unlocked, log_file = -1;
static atomic_long count;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(int argc, char **argv) {
  const char *value = getenv("FAULT_ROOT");
  if (!value || (argc > 1 && strcmp(argv[1], "extract-worker") == 0)) return;
  snprintf(root, sizeof root, "%s", value);
  root_length = strlen(root);
  snprintf(calls, sizeof calls, ",%s,", (value = getenv("FAULT_CALLS")) ? value : "create,write,sync,rename,truncate,mkdir,unlink");
  fault_at = (value = getenv("FAULT_AT")) ? atol(value) : 0;
  sticky = (value = getenv("FAULT_STICKY")) && *value == '1';
  value = getenv("FAULT_ACTION");
  stops = value && strcmp(value, "stop") == 0;
  action_errno = stops || !value || strcmp(value, "kill") == 0 ? 0 : strcmp(value, "EIO") == 0 ? EIO : ENOSPC;
  if ((value = getenv("FAULT_LOG"))) log_file = (int)syscall(SYS_openat, AT_FDCWD, value, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  unlocked = (value = getenv("FAULT_NO_LOCKS")) && *value == '1';
  active = 1;
}

static int counts(const char *call) {
  char name[16];
  snprintf(name, sizeof name, ",%s,", call);
  return strstr(calls, name) != NULL;
}

static const char *absolute(const char *path, char *buffer) {
  if (path[0] == '/') return path;
  char folder[PATH_MAX / 2];
  if (!getcwd(folder, sizeof folder)) return path;
  snprintf(buffer, PATH_MAX, "%s/%s", folder, path);
  return buffer;
}

static int below_root(const char *path) {
  return active && strncmp(path, root, root_length) == 0 && (path[root_length] == '/' || path[root_length] == 0);
}

static const char *path_of(int fd, char *buffer) {
  char link[40];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = active ? readlink(link, buffer, PATH_MAX - 1) : -1;
  buffer[length < 0 ? 0 : length] = 0;
  return buffer;
}

// The call's number; 0: not counted; -1: it fails, errno is set.
static long decide(const char *call, const char *path) {
  if (!below_root(path) || !counts(call)) return 0;
  const long number = atomic_fetch_add(&count, 1) + 1;
  if (fault_at == 0 || number < fault_at || (number > fault_at && !sticky)) return number;
  if (stops) {
    syscall(SYS_kill, getpid(), SIGSTOP);
    return number;
  }
  if (action_errno == 0) {
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;) pause();
  }
  if (log_file >= 0) dprintf(log_file, "%ld\tFAULT %s\t%s\n", number, call, path);
  errno = (int)action_errno;
  return -1;
}

static void done(long number, const char *call, const char *path, const char *other) {
  if (number <= 0 || log_file < 0) return;
  const int kept = errno;
  char line[3 * PATH_MAX];
  const int length = snprintf(line, sizeof line, other ? "%ld\t%s\t%s\t%s\n" : "%ld\t%s\t%s\n", number, call, path, other);
  pthread_mutex_lock(&log_lock);
  syscall(SYS_write, log_file, line, length);
  pthread_mutex_unlock(&log_lock);
  errno = kept;
}

static int open_file(int folder, const char *given, int flags, mode_t mode) {
  char buffer[PATH_MAX];
  const char *path = absolute(given, buffer);
  struct stat info;
  long number = 0;
  if (active && (flags & O_CREAT) && folder == AT_FDCWD && below_root(path) && stat(path, &info) != 0) {
    number = decide("create", path);
    if (number < 0) return -1;
  }
  const int fd = (int)syscall(SYS_openat, folder, given, flags, mode);
  if (fd >= 0) done(number, "create", path, NULL);
  return fd;
}

#define OPEN_MODE                               \
  mode_t mode = 0;                              \
  if (flags & (O_CREAT | __O_TMPFILE)) {        \
    va_list list;                               \
    va_start(list, flags);                      \
    mode = (mode_t)va_arg(list, unsigned);      \
    va_end(list);                               \
  }
int open(const char *path, int flags, ...) { OPEN_MODE return open_file(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { OPEN_MODE return open_file(AT_FDCWD, path, flags | O_LARGEFILE, mode); }
int openat(int folder, const char *path, int flags, ...) { OPEN_MODE return open_file(folder, path, flags, mode); }
int openat64(int folder, const char *path, int flags, ...) { OPEN_MODE return open_file(folder, path, flags | O_LARGEFILE, mode); }

#define ON_FILE(result, call, fd, expression)     \
  char path[PATH_MAX];                            \
  path_of(fd, path);                              \
  const long number = decide(call, path);         \
  if (number < 0) return -1;                      \
  const result value = expression;                \
  if (value >= 0) done(number, call, path, NULL); \
  return value;

ssize_t write(int fd, const void *bytes, size_t size) { ON_FILE(ssize_t, "write", fd, syscall(SYS_write, fd, bytes, size)) }
ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) { ON_FILE(ssize_t, "write", fd, syscall(SYS_pwrite64, fd, bytes, size, at)) }
ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) { ON_FILE(ssize_t, "write", fd, syscall(SYS_pwrite64, fd, bytes, size, at)) }
ssize_t writev(int fd, const struct iovec *parts, int n) { ON_FILE(ssize_t, "write", fd, syscall(SYS_writev, fd, parts, n)) }
ssize_t read(int fd, void *bytes, size_t size) { ON_FILE(ssize_t, "read", fd, syscall(SYS_read, fd, bytes, size)) }
ssize_t pread(int fd, void *bytes, size_t size, off_t at) { ON_FILE(ssize_t, "read", fd, syscall(SYS_pread64, fd, bytes, size, at)) }
ssize_t pread64(int fd, void *bytes, size_t size, off64_t at) { ON_FILE(ssize_t, "read", fd, syscall(SYS_pread64, fd, bytes, size, at)) }
int fsync(int fd) { ON_FILE(int, "sync", fd, (int)syscall(SYS_fsync, fd)) }
int fdatasync(int fd) { ON_FILE(int, "sync", fd, (int)syscall(SYS_fdatasync, fd)) }
int ftruncate(int fd, off_t size) { ON_FILE(int, "truncate", fd, (int)syscall(SYS_ftruncate, fd, size)) }
int ftruncate64(int fd, off64_t size) { ON_FILE(int, "truncate", fd, (int)syscall(SYS_ftruncate, fd, size)) }

#define ON_PATH(call, given, other, expression)      \
  char buffer[PATH_MAX];                             \
  const char *path = absolute(given, buffer);        \
  const long number = decide(call, path);            \
  if (number < 0) return -1;                         \
  const int value = expression;                      \
  if (value == 0) done(number, call, path, other);   \
  return value;

int rename(const char *from, const char *to) { ON_PATH("rename", from, to, (int)syscall(SYS_rename, from, to)) }
int mkdir(const char *folder, mode_t mode) {
  struct stat info;
  if (active && stat(folder, &info) == 0) return (int)syscall(SYS_mkdir, folder, mode);
  ON_PATH("mkdir", folder, NULL, (int)syscall(SYS_mkdir, folder, mode))
}
int unlink(const char *file) { ON_PATH("unlink", file, NULL, (int)syscall(SYS_unlink, file)) }
int flock(int fd, int operation) { return unlocked ? 0 : (int)syscall(SYS_flock, fd, operation); }
