/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/state.h"

#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/buf.h"
#include "shared/io.h"

enum { RANDOM_BYTES = STATE_CONTAINER_MAX / 2 };

#define HEAD   "claudex-state"
#define DIGEST "sha256"

bool state_is_locked(enum network_mode mode)
{
    return mode == NETWORK_LOCKDOWN || mode == NETWORK_SEALED;
}

static void digest(const char *text, size_t length, char hex[SHA256_DIGEST_STRING_LENGTH])
{
    (void)SHA256Data((const uint8_t *)text, length, hex);
}

int state_print(const struct state *state, char *out, size_t size)
{
    char hex[SHA256_DIGEST_STRING_LENGTH];
    int body = snprintf(out, size,
                        HEAD " %d\nmode %s\nprevious %s\nconfigured %s\n"
                             "container %s\n",
                        STATE_VERSION, network_mode_name(state->mode),
                        network_mode_name(state->previous),
                        network_mode_name(state->configured), state->container);
    if (body < 0 || (size_t)body >= size)
        return -1;
    digest(out, (size_t)body, hex);
    int tail = snprintf(out + body, size - (size_t)body, DIGEST " %s\n", hex);
    if (tail < 0 || (size_t)tail >= size - (size_t)body)
        return -1;
    return body + tail;
}

static bool is_container(const char *text)
{
    size_t length = strlen(text);
    return length == STATE_CONTAINER_MAX && strspn(text, "0123456789abcdef") == length;
}

/* The value of the line "name value" at *at, which is moved behind it; NULL if it is not. */
static const char *value_of(const char *name, char **at)
{
    char *line = *at;
    char *end = strchr(line, '\n');
    size_t length = strlen(name);
    if (!end || strncmp(line, name, length) != 0 || line[length] != ' ')
        return NULL;
    *end = '\0';
    *at = end + 1;
    return line + length + 1;
}

static int mode_of(const char *name, char **at, enum network_mode *mode)
{
    const char *value = value_of(name, at);
    return value ? network_mode_parse(value, mode) : -1;
}

/* Everything between the head and the digest. */
static int body_parse(char *at, struct state *state)
{
    if (mode_of("mode", &at, &state->mode) != 0 ||
        mode_of("previous", &at, &state->previous) != 0 ||
        mode_of("configured", &at, &state->configured) != 0)
        return -1;
    const char *container = value_of("container", &at);
    if (!container || !is_container(container) || *at || state_is_locked(state->previous))
        return -1;
    memcpy(state->container, container, sizeof state->container);
    return 0;
}

int state_parse(const char *text, size_t length, struct state *state, const char **why)
{
    static const char head[] = HEAD " ";
    char copy[STATE_TEXT_MAX + 1];
    char hex[SHA256_DIGEST_STRING_LENGTH], version[8];
    struct state got = {.mode = NETWORK_LOCKDOWN};

    *why = "it is damaged";
    if (length >= sizeof copy || memchr(text, '\0', length))
        return -1;
    memcpy(copy, text, length);
    copy[length] = '\0';
    (void)snprintf(version, sizeof version, "%d\n", STATE_VERSION);
    if (strncmp(copy, head, strlen(head)) == 0 &&
        strncmp(copy + strlen(head), version, strlen(version)) != 0) {
        *why = "it is of a version that this claudex does not know";
        return -1;
    }
    char *last = strstr(copy, "\n" DIGEST " ");
    if (!last)
        return -1;
    last++;
    digest(text, (size_t)(last - copy), hex);
    char *at = last;
    const char *said = value_of(DIGEST, &at);
    if (!said || at[strspn(at, "\n")] || strcmp(said, hex) != 0 ||
        strncmp(copy, head, strlen(head)) != 0)
        return -1;
    *last = '\0';
    if (body_parse(copy + strlen(head) + strlen(version), &got) != 0)
        return -1;
    *state = got;
    return 0;
}

struct state state_damaged(void)
{
    return (struct state){.mode = NETWORK_LOCKDOWN, .previous = NETWORK_LOCKDOWN};
}

struct state state_decide(const struct state *stored, const char *container,
                          enum network_mode configured)
{
    struct state state = {.mode = configured, .previous = configured, .configured = configured};
    (void)snprintf(state.container, sizeof state.container, "%s", container);
    if (stored) {
        bool same = strcmp(stored->container, container) == 0;
        bool tightened = stored->configured == configured && stored->mode > configured;
        if (same || tightened || state_is_locked(stored->mode))
            state.mode = stored->mode;
        /* A locked box that is made anew goes back to what its configuration says now. */
        if (same)
            state.previous = stored->previous;
    }
    if (state_is_locked(state.previous))
        state.previous = state_is_locked(configured) ? NETWORK_ALLOWLIST : configured;
    return state;
}

int state_load(const char *folder, struct state *state, struct error *err)
{
    const char *why;
    cleanup_buf struct buf text = BUF_INIT(STATE_TEXT_MAX);
    cleanup_fd int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0 && errno == ENOENT)
        return 0;
    if (dir < 0)
        return error_errno(err, "cannot open %s", folder);
    if (read_regular_file(dir, STATE_FILE, &text) != 0)
        return errno == ENOENT ? 0 : error_errno(err, "cannot read %s/" STATE_FILE, folder);
    if (state_parse(text.data ? text.data : "", text.length, state, &why) != 0)
        return error_set(err, "cannot believe %s/" STATE_FILE ": %s", folder, why);
    return 1;
}

/*
 * In the place of the old one, which needs no room on the disk and no change of the file
 * system: with a file beside it and a rename, a toggle waited for two commits of the journal,
 * longer than for all else together. 1 with *file open, to be waited for; 0 there is none to
 * write over; -1 with errno.
 */
static int overwrite(int dir, const char text[STATE_TEXT_MAX], int *file)
{
    struct stat st;
    cleanup_fd int fd = openat(dir, STATE_FILE, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ELOOP || errno == ENXIO ? 0 : -1;
    if (fstat(fd, &st) != 0)
        return -1;
    if (!S_ISREG(st.st_mode) || st.st_size != STATE_TEXT_MAX || st.st_nlink != 1)
        return 0;
    ssize_t written = pwrite(fd, text, STATE_TEXT_MAX, 0);
    if (written >= 0 && written != STATE_TEXT_MAX)
        errno = EIO;
    if (written != STATE_TEXT_MAX)
        return -1;
    *file = take_fd(&fd);
    return 1;
}

static int not_kept(const char *folder, struct error *err)
{
    return error_errno(err, "cannot keep the network mode in %s/" STATE_FILE, folder);
}

int state_write(const char *folder, const struct state *state, int *file, struct error *err)
{
    char text[STATE_TEXT_MAX];
    int length = state_print(state, text, sizeof text);
    cleanup_fd int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int done = dir < 0 || length < 0 ? -1 : 0;
    *file = -1;
    if (done == 0) {
        memset(text + length, '\n', sizeof text - (size_t)length);
        done = overwrite(dir, text, file);
    }
    if (done == 0)
        done = write_file_atomic(dir, STATE_FILE, text, sizeof text, 0600);
    return done < 0 ? not_kept(folder, err) : 0;
}

void state_hurry(int file)
{
    if (file >= 0)
        (void)sync_file_range(file, 0, STATE_TEXT_MAX, SYNC_FILE_RANGE_WRITE);
}

int state_settle(const char *folder, int *file, struct error *err)
{
    cleanup_fd int fd = take_fd(file);
    return fd < 0 || fdatasync(fd) == 0 ? 0 : not_kept(folder, err);
}

int state_save(const char *folder, const struct state *state, bool durable, struct error *err)
{
    cleanup_fd int file = -1;
    if (state_write(folder, state, &file, err) != 0)
        return -1;
    return durable ? state_settle(folder, &file, err) : 0;
}

static int container_make(int dir, const char *name, char *container)
{
    unsigned char bytes[RANDOM_BYTES];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return -1;
    for (size_t i = 0; i < sizeof bytes; i++)
        (void)snprintf(container + 2 * i, 3, "%02x", bytes[i]);
    return write_file_atomic(dir, name, container, STATE_CONTAINER_MAX, 0600);
}

int state_container(const char *path, char container[STATE_CONTAINER_MAX + 1],
                    struct error *err)
{
    char folder[256];
    cleanup_buf struct buf text = BUF_INIT(STATE_CONTAINER_MAX);
    const char *slash = strrchr(path, '/');
    (void)snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    cleanup_fd int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return error_errno(err, "cannot open %s", folder);
    if (read_regular_file(dir, slash + 1, &text) == 0 && text.length == STATE_CONTAINER_MAX &&
        is_container(text.data)) {
        memcpy(container, text.data, STATE_CONTAINER_MAX + 1);
        return 0;
    }
    /* None yet, or not one of ours: as good as a new container. */
    if (container_make(dir, slash + 1, container) != 0)
        return error_errno(err, "cannot write %s", path);
    return 0;
}
