/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/denied.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/names.h"

void denied_note(const struct gate_frame *frame)
{
    char line[512], when[32], port[8] = "";
    time_t now = time(NULL);
    struct tm utc;
    struct stat st;
    cleanup_fd int fd =
        open(BOX_DENIED, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0 || fstat(fd, &st) < 0 || !gmtime_r(&now, &utc) ||
        strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        return;
    if (st.st_size > DENIED_FILE_MAX && ftruncate(fd, 0) < 0)
        return;
    if (frame->port)
        (void)snprintf(port, sizeof port, ":%u", frame->port);
    int length = snprintf(line, sizeof line, "%s %s %s%s\n", when, gate_via_name(frame->via),
                          *frame->name ? frame->name : "-", port);
    if (length > 0 && (size_t)length < sizeof line)
        (void)write_all(fd, line, (size_t)length);
}
