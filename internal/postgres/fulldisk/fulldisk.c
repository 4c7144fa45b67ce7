// Loaded before the C library, so that a test can fill the disk. While the file FULL_DISK_SWITCH
// exists, every write that would make a file in FULL_DISK_FOLDER longer fails with ENOSPC. Writes
// to what a file already has succeed, as on a disk that is full.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

// full says whether the disk has no room for a file up to an end.
static int full(int fd, off_t end) {
	const char *file = getenv("FULL_DISK_SWITCH"), *folder = getenv("FULL_DISK_FOLDER");
	int before = errno;
	char link[64], path[PATH_MAX];
	struct stat st;
	if (file == NULL || folder == NULL || access(file, F_OK) != 0)
		goto room;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || end <= st.st_size)
		goto room;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, sizeof path);
	size_t length = strlen(folder);
	if (n > (ssize_t)length && memcmp(path, folder, length) == 0 && path[length] == '/')
		return 1;
room:
	errno = before;
	return 0;
}

static size_t total(const struct iovec *parts, int count) {
	size_t bytes = 0;
	for (int i = 0; i < count; i++)
		bytes += parts[i].iov_len;
	return bytes;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define PWRITE(name, offset_t) \
	ssize_t name(int fd, const void *data, size_t size, offset_t offset) { \
		if (full(fd, offset + (off_t)size)) { errno = ENOSPC; return -1; } \
		return NEXT(name)(fd, data, size, offset); \
	}
#define PWRITEV(name, offset_t) \
	ssize_t name(int fd, const struct iovec *parts, int count, offset_t offset) { \
		if (full(fd, offset + (off_t)total(parts, count))) { errno = ENOSPC; return -1; } \
		return NEXT(name)(fd, parts, count, offset); \
	}
#define FALLOCATE(name, offset_t) \
	int name(int fd, offset_t offset, offset_t size) { \
		return full(fd, offset + size) ? ENOSPC : NEXT(name)(fd, offset, size); \
	}

int posix_fallocate(int, off_t, off_t);
int posix_fallocate64(int, off64_t, off64_t);

PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)
PWRITEV(pwritev, off_t)
PWRITEV(pwritev64, off64_t)
FALLOCATE(posix_fallocate, off_t)
FALLOCATE(posix_fallocate64, off64_t)

ssize_t write(int fd, const void *data, size_t size) {
	if (full(fd, lseek(fd, 0, SEEK_CUR) + (off_t)size)) {
		errno = ENOSPC;
		return -1;
	}
	return NEXT(write)(fd, data, size);
}
