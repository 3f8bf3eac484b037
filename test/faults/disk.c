#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/*
 * A disk whose syncs are watched, loaded before a server by LD_PRELOAD. Of the files in DISK_FOLDER
 *   DISK_SYNCS  names a file that gets a line for each sync, the name of what was synced;
 *   DISK_DELAY  is milliseconds that each sync costs more;
 *   DISK_BROKEN names a file that makes each sync fail while it is there;
 *   DISK_COPIES names a folder that holds what a power cut would leave: each file as it was at its last sync, under the
 *               names of the last sync of any file, as a file system with a journal keeps them.
 */

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static void fail(const char *what) {
  perror(what);
  abort();
}

static void join(char *path, const char *folder, const char *name, const char *end) {
  if (snprintf(path, PATH_MAX, "%s/%s%s", folder, name, end) >= PATH_MAX) fail("path");
}

/* What was written but not synced is not in it: whoever writes to a database's file syncs it before the next one does. */
static void copy(int from, const char *kept) {
  char draft[PATH_MAX], buffer[65536];
  snprintf(draft, sizeof draft, "%s.draft", kept);
  int to = open(draft, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (to < 0) fail(draft);
  ssize_t count;
  for (off_t at = 0; (count = pread(from, buffer, sizeof buffer, at)) > 0; at += count)
    if (write(to, buffer, count) != count) fail(draft);
  if (count < 0 || close(to) || rename(draft, kept)) fail(draft);
}

static void inode_path(char *path, const char *copies, ino_t inode) {
  char name[32];
  snprintf(name, sizeof name, "%lu", (unsigned long)inode);
  join(path, copies, "inodes", "/");
  strncat(path, name, PATH_MAX - strlen(path) - 1);
}

/* Names that are there now are there after the power cut, others no more. */
static void keep_names(const char *folder, const char *copies) {
  char path[PATH_MAX], kept[PATH_MAX], draft[PATH_MAX];
  struct stat found;
  struct dirent *entry;
  DIR *names = opendir(folder);
  if (!names) fail(folder);
  while ((entry = readdir(names))) {
    join(path, folder, entry->d_name, "");
    if (lstat(path, &found) || !S_ISREG(found.st_mode)) continue;
    inode_path(kept, copies, found.st_ino);
    join(draft, copies, "draft", "");
    join(path, copies, entry->d_name, "");
    if (access(kept, F_OK)) continue;
    if (link(kept, draft) || rename(draft, path)) fail(path);
    unlink(draft);
  }
  closedir(names);
  if (!(names = opendir(copies))) fail(copies);
  while ((entry = readdir(names))) {
    join(path, folder, entry->d_name, "");
    join(kept, copies, entry->d_name, "");
    if (access(path, F_OK) && !lstat(kept, &found) && S_ISREG(found.st_mode)) unlink(kept);
  }
  closedir(names);
}

/* What was there before the server is on the disk. */
__attribute__((constructor)) static void keep_all(void) {
  const char *folder = getenv("DISK_FOLDER"), *copies = getenv("DISK_COPIES");
  char path[PATH_MAX], kept[PATH_MAX];
  struct stat found;
  struct dirent *entry;
  DIR *names = folder && copies ? opendir(folder) : NULL;
  if (!names) return;
  join(path, copies, "inodes", "");
  if (mkdir(path, 0700)) fail(path);
  while ((entry = readdir(names))) {
    join(path, folder, entry->d_name, "");
    if (lstat(path, &found) || !S_ISREG(found.st_mode)) continue;
    inode_path(kept, copies, found.st_ino);
    int file = open(path, O_RDONLY);
    if (file < 0) fail(path);
    copy(file, kept);
    close(file);
  }
  closedir(names);
  keep_names(folder, copies);
}

static void watch(int file) {
  const char *folder = getenv("DISK_FOLDER"), *copies = getenv("DISK_COPIES");
  const char *syncs = getenv("DISK_SYNCS"), *delay = getenv("DISK_DELAY");
  char link_path[64], path[PATH_MAX];
  struct stat found;
  snprintf(link_path, sizeof link_path, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link_path, path, sizeof path - 1);
  if (!folder || length < 0) return;
  path[length] = 0;
  if (strncmp(path, folder, strlen(folder))) return;
  if (delay) {
    struct timespec pause = {.tv_nsec = atol(delay) * 1000000};
    nanosleep(&pause, NULL);
  }
  pthread_mutex_lock(&one_at_a_time);
  if (syncs) {
    int to = open(syncs, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (to < 0 || dprintf(to, "%s\n", strrchr(path, '/') + 1) < 0 || close(to)) fail(syncs);
  }
  if (copies) {
    if (fstat(file, &found)) fail(path);
    char kept[PATH_MAX];
    inode_path(kept, copies, found.st_ino);
    /* A file of SQLite is not opened anew: closing it would end the locks that the process has on it. */
    int readable = (fcntl(file, F_GETFL) & O_ACCMODE) == O_WRONLY ? open(path, O_RDONLY) : file;
    if (S_ISREG(found.st_mode)) copy(readable, kept);
    if (readable != file) close(readable);
    keep_names(folder, copies);
  }
  pthread_mutex_unlock(&one_at_a_time);
}

static int synced(const char *name, int file) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  const char *broken = getenv("DISK_BROKEN");
  if (broken && !access(broken, F_OK)) {
    errno = EIO;
    return -1;
  }
  int failed = real(file);
  if (!failed) watch(file);
  return failed;
}

int fsync(int file) { return synced("fsync", file); }

int fdatasync(int file) { return synced("fdatasync", file); }
