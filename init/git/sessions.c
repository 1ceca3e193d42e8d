/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/git/sessions.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"

static int open_notes(const struct audit *audit)
{
    return openat(audit->private, "open", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* A line each: id, box, agent, command, mode. */
int sessions_open(const struct audit *audit, const struct trail_session *session,
                  struct error *err)
{
    const char *const lines[] = {session->id, session->box, session->agent, session->command,
                                 session->mode};
    cleanup_buf struct buf text = BUF_INIT(sizeof((struct left_open *)0)->text - 1);
    for (size_t i = 0; i < array_length(lines); i++) {
        char line[1024];
        const char *word = lines[i] ? lines[i] : "";
        if (buf_printf(&text, "%s\n", term_quote(line, sizeof line, word, strlen(word))) < 0)
            return error_errno(err, "cannot note the session");
    }
    cleanup_fd int folder = open_notes(audit);
    cleanup_fd int fd =
        folder < 0 ? -1
                   : openat(folder, session->id, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 || write_all(fd, text.data, text.length) < 0)
        return error_errno(err, "cannot note the session in the audit repository");
    return take_fd(&fd);
}

void sessions_end(const struct audit *audit, const struct trail_session *session)
{
    cleanup_fd int folder = open_notes(audit);
    if (folder >= 0)
        (void)unlinkat(folder, session->id, 0);
    char name[300];
    (void)snprintf(name, sizeof name, "ignore.%s", session->box);
    (void)unlinkat(audit->private, name, 0);
}

/* Lines into the session; one that is missing is empty. */
static void read_note(struct left_open *left, size_t length)
{
    const char **const fields[] = {&left->session.id, &left->session.box, &left->session.agent,
                                   &left->session.command, &left->session.mode};
    char *line = left->text;
    left->text[length] = '\0';
    for (size_t i = 0; i < array_length(fields); i++) {
        char *end = line + strcspn(line, "\n");
        *fields[i] = line;
        line = *end ? end + 1 : end;
        *end = '\0';
    }
}

int sessions_next_dead(const struct audit *audit, struct left_open *left, struct error *err)
{
    int folder = open_notes(audit);
    cleanup_dir DIR *dir = folder < 0 ? NULL : fdopendir(folder);
    if (!dir)
        return error_errno(err, "cannot look for sessions in the audit repository");
    for (const struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;
        cleanup_fd int fd =
            openat(folder, entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
            continue;
        ssize_t n = read(fd, left->text, sizeof left->text - 1);
        read_note(left, n > 0 ? (size_t)n : 0);
        (void)snprintf(left->name, sizeof left->name, "%s", entry->d_name);
        return 1;
    }
    return 0;
}

void sessions_bury(const struct audit *audit, const struct left_open *left)
{
    cleanup_fd int folder = open_notes(audit);
    if (folder >= 0)
        (void)unlinkat(folder, left->name, 0);
}
