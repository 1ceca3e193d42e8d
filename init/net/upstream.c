/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/upstream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/names.h"

#define RESOLV_CONF "/etc/resolv.conf"
#define KEPT        "upstream"
#define DOCKERS     "127.0.0.11"

enum {
    RESOLV_MAX = 64 * 1024, /* bytes of the file */
    SERVER_MAX = 66,        /* of one server: the longest word below, in brackets */
};

static const char ours[] = "# claudex: names are decided in the box\n"
                           "nameserver 127.0.0.1\n"
                           "options timeout:5 attempts:2\n";

/* One word after "nameserver", as c-ares takes it; "" for what is not an upstream. */
static void server_of(const char *word, char out[SERVER_MAX])
{
    struct in_addr v4;
    struct in6_addr v6;
    out[0] = '\0';
    if (inet_pton(AF_INET, word, &v4) == 1) {
        if ((ntohl(v4.s_addr) >> 24) != 127 || strcmp(word, DOCKERS) == 0)
            (void)snprintf(out, SERVER_MAX, "%s", word);
    } else if (inet_pton(AF_INET6, word, &v6) == 1 && !IN6_IS_ADDR_LOOPBACK(&v6)) {
        (void)snprintf(out, SERVER_MAX, "[%s]", word);
    }
}

int upstream_parse(const char *text, char out[UPSTREAM_SERVERS_MAX])
{
    size_t used = 0;
    out[0] = '\0';
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        char word[64], server[SERVER_MAX];
        if (sscanf(line, "nameserver%*[ \t]%63[^ \t\r\n%%]", word) != 1)
            continue;
        server_of(word, server);
        if (!*server)
            continue;
        int n =
            snprintf(out + used, UPSTREAM_SERVERS_MAX - used, "%s%s", used ? "," : "", server);
        if (n < 0 || (size_t)n >= UPSTREAM_SERVERS_MAX - used)
            return -1;
        used += (size_t)n;
    }
    return used > 0 ? 0 : -1;
}

/* In place: the engine mounted the file, and a mount cannot be renamed over. */
static int point_at_us(struct error *err)
{
    cleanup_fd int fd =
        open(RESOLV_CONF, O_WRONLY | O_TRUNC | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0 || write_all(fd, ours, sizeof ours - 1) < 0)
        return error_errno(err, "cannot write " RESOLV_CONF);
    return 0;
}

int upstream_take(char out[UPSTREAM_SERVERS_MAX], struct error *err)
{
    cleanup_buf struct buf text = BUF_INIT(RESOLV_MAX);
    cleanup_buf struct buf kept = BUF_INIT(UPSTREAM_SERVERS_MAX - 1);
    cleanup_fd int folder = open(BOX_PRIVATE, O_PATH | O_DIRECTORY | O_CLOEXEC);
    out[0] = '\0';
    if (folder < 0)
        return error_errno(err, "cannot open " BOX_PRIVATE);
    if (read_regular_file(AT_FDCWD, RESOLV_CONF, &text) < 0 && errno != ENOENT)
        return error_errno(err, "cannot read " RESOLV_CONF);
    if (text.data && upstream_parse(text.data, out) == 0) {
        if (write_file_atomic(folder, KEPT, out, strlen(out), 0600) < 0)
            return error_errno(err, "cannot keep the name servers in " BOX_PRIVATE "/" KEPT);
        return point_at_us(err);
    }
    if (read_regular_file(folder, KEPT, &kept) == 0)
        (void)snprintf(out, UPSTREAM_SERVERS_MAX, "%s", kept.data ? kept.data : "");
    else if (errno != ENOENT)
        return error_errno(err, "cannot read " BOX_PRIVATE "/" KEPT);
    return point_at_us(err);
}
