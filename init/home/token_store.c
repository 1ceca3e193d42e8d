/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/home/token_store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sha2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/home/token_file.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/names.h"

static const char *const which_suffix[] = {
    [TOKEN_KEPT] = "", [TOKEN_BEFORE] = ".before", [TOKEN_HELD] = ".held"};

void token_kept_free(struct token_kept *kept)
{
    if (kept->bytes.data)
        explicit_bzero(kept->bytes.data, kept->bytes.length);
    buf_free(&kept->bytes);
}

int token_store_open(struct error *err)
{
    if (mkdir(BOX_TOKENS_DIR, 0700) < 0 && errno != EEXIST)
        return error_errno(err, "cannot make " BOX_TOKENS_DIR);
    int store = open(BOX_TOKENS_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return store < 0 ? error_errno(err, "cannot open " BOX_TOKENS_DIR) : store;
}

static void name_of(enum login_agent agent, const char *suffix, char name[TOKEN_NAME_SIZE])
{
    (void)snprintf(name, TOKEN_NAME_SIZE, "%s%s", login_places[agent].kept, suffix);
}

void token_store_name(enum login_agent agent, enum token_which which,
                      char name[TOKEN_NAME_SIZE])
{
    name_of(agent, which_suffix[which], name);
}

int token_store_read(int store, enum login_agent agent, struct token_kept *kept,
                     struct error *err)
{
    return token_store_look(store, agent, TOKEN_KEPT, kept, err);
}

static int made_when(int store, const char *name, struct timespec *made)
{
    struct stat st;
    if (fstatat(store, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return -1;
    *made = st.st_mtim;
    return 0;
}

void token_store_id(const struct token_kept *kept, char id[TOKEN_ID_SIZE])
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA2_CTX hash;
    SHA256Init(&hash);
    SHA256Update(&hash, (const uint8_t *)kept->login.account, strlen(kept->login.account) + 1);
    SHA256Update(&hash, (const uint8_t *)kept->login.box, strlen(kept->login.box) + 1);
    SHA256Update(&hash, (const uint8_t *)&kept->made, sizeof kept->made);
    SHA256Update(&hash, (const uint8_t *)kept->bytes.data, kept->bytes.length);
    SHA256Final(digest, &hash);
    for (size_t i = 0; i < (TOKEN_ID_SIZE - 1) / 2; i++)
        (void)snprintf(id + 2 * i, 3, "%02x", digest[i]);
}

int token_store_look(int store, enum login_agent agent, enum token_which which,
                     struct token_kept *kept, struct error *err)
{
    const char *at;
    size_t length;
    char damaged[TOKEN_NAME_SIZE], name[TOKEN_NAME_SIZE];
    token_store_name(agent, which, name);
    cleanup_buf struct buf text = BUF_INIT(TOKEN_FILE_MAX);
    if (read_regular_file(store, name, &text) < 0 || made_when(store, name, &kept->made) < 0) {
        if (errno == ENOENT)
            return 0;
        return error_errno(err, "cannot read the kept login of %s", login_places[agent].title);
    }
    int parsed =
        text.data ? token_file_parse(text.data, text.length, &kept->login, &at, &length) : -1;
    buf_clear(&kept->bytes);
    if (parsed == 0)
        parsed = buf_append(&kept->bytes, at, length);
    if (text.data)
        explicit_bzero(text.data, text.length);
    if (parsed == 0)
        return 1;
    name_of(agent, ".damaged", damaged);
    (void)renameat(store, name, store, damaged);
    return error_set(err,
                     "the kept login of %s is damaged and was put aside as %s; log in again "
                     "(docker claudex login %s)",
                     login_places[agent].title, damaged, login_places[agent].agent);
}

int token_store_lock(int store, enum token_wait wait)
{
    cleanup_fd int lock =
        openat(store, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (lock < 0 || flock(lock, wait == TOKEN_WAIT ? LOCK_EX : LOCK_EX | LOCK_NB) < 0)
        return -1;
    return take_fd(&lock);
}

static int write_login(int store, enum login_agent agent, const char *name,
                       const struct login *login, const struct buf *bytes, struct error *err)
{
    cleanup_buf struct buf text = BUF_INIT(TOKEN_FILE_MAX);
    int failed = token_file_print(login, bytes->data, bytes->length, &text);
    if (!failed)
        failed = write_file_atomic(store, name, text.data, text.length, 0600);
    int why = errno;
    if (text.data)
        explicit_bzero(text.data, text.length);
    errno = why;
    return failed ? error_errno(err, "cannot keep the login of %s", login_places[agent].title)
                  : 0;
}

int token_store_write(int store, enum login_agent agent, const struct login *login,
                      const struct buf *bytes, struct error *err)
{
    char before[TOKEN_NAME_SIZE], aside[TOKEN_NAME_SIZE];
    const char *name = login_places[agent].kept;
    name_of(agent, ".before", before);
    name_of(agent, ".aside", aside);
    /* The one before goes only once the new one is there: the disk may be full. */
    const bool there = (unlinkat(store, aside, 0) == 0 || errno == ENOENT) &&
                       linkat(store, name, store, aside, 0) == 0;
    if (!there && errno != ENOENT)
        return error_errno(err, "cannot keep the login of %s", login_places[agent].title);
    if (write_login(store, agent, name, login, bytes, err) < 0) {
        (void)unlinkat(store, aside, 0);
        return -1;
    }
    if ((there ? renameat(store, aside, store, before) : unlinkat(store, before, 0)) < 0 &&
        errno != ENOENT)
        return error_errno(err, "cannot keep the login of %s", login_places[agent].title);
    return 0;
}

int token_store_relabel(int store, enum login_agent agent, const struct token_kept *kept,
                        struct error *err)
{
    return write_login(store, agent, login_places[agent].kept, &kept->login, &kept->bytes, err);
}

int token_store_hold(int store, enum login_agent agent, const struct login *login,
                     const struct buf *bytes, struct error *err)
{
    char held[TOKEN_NAME_SIZE];
    name_of(agent, ".held", held);
    return write_login(store, agent, held, login, bytes, err);
}

int token_store_promote(int store, enum login_agent agent, enum token_which which,
                        const char *id, struct error *err)
{
    char name[TOKEN_NAME_SIZE], now[TOKEN_ID_SIZE];
    cleanup_kept struct token_kept kept = TOKEN_KEPT_INIT;
    int found = token_store_look(store, agent, which, &kept, err);
    if (found <= 0)
        return found;
    token_store_id(&kept, now);
    if (id && strcmp(id, now) != 0)
        return error_set(err,
                         "the other login of %s is not, or no longer, the one of that ID: look "
                         "at it again (docker claudex status)",
                         login_places[agent].title);
    /* From here on it is the user's own word. */
    kept.login.box[0] = '\0';
    if (token_store_write(store, agent, &kept.login, &kept.bytes, err) < 0)
        return -1;
    token_store_name(agent, TOKEN_HELD, name);
    if (which == TOKEN_HELD && unlinkat(store, name, 0) < 0)
        return error_errno(err, "cannot remove what was held of %s", login_places[agent].title);
    return 1;
}

int token_store_refuse(int store, enum login_agent agent, struct error *err)
{
    char name[TOKEN_NAME_SIZE];
    token_store_name(agent, TOKEN_HELD, name);
    if (unlinkat(store, name, 0) == 0)
        return 1;
    return errno == ENOENT ? 0
                           : error_errno(err, "cannot remove what was held of %s",
                                         login_places[agent].title);
}

int token_store_told(int store, enum login_agent agent, int64_t when)
{
    char name[TOKEN_NAME_SIZE], text[24];
    cleanup_buf struct buf told = BUF_INIT(sizeof text);
    name_of(agent, ".told", name);
    int length = snprintf(text, sizeof text, "%" PRId64, when);
    if (read_regular_file(store, name, &told) == 0 && told.length == (size_t)length &&
        memcmp(told.data, text, told.length) == 0)
        return 1;
    /* What cannot be noted is told again. */
    (void)write_file_atomic(store, name, text, (size_t)length, 0600);
    return 0;
}

int token_store_forget(int store, enum login_agent agent, struct error *err)
{
    static const char *const suffixes[] = {".before", ".aside",   ".held",
                                           ".told",   ".damaged", ""};
    int there = 0;
    for (size_t i = 0; i < array_length(suffixes); i++) {
        char name[TOKEN_NAME_SIZE];
        name_of(agent, suffixes[i], name);
        if (unlinkat(store, name, 0) == 0)
            there = 1;
        else if (errno != ENOENT)
            return error_errno(err, "cannot forget the login of %s", login_places[agent].title);
    }
    return there;
}
