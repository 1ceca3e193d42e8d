/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/session/x11.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/session/xauthority.h"
#include "shared/buf.h"
#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"
#include "shared/parse.h"

enum { NUMBER_MAX = 65535 - 6000, SCREEN_MAX = 255 };

void x11_free(struct x11 *x11)
{
    free(x11->cookies);
    x11->cookies = NULL;
}

int x11_parse(const char *display, unsigned *number, unsigned *screen, const char **why)
{
    char text[16];
    uint64_t first, second = 0;
    const char *colon = strrchr(display, ':');
    *why = "expected such as :0";
    if (!colon)
        return -1;
    size_t host = (size_t)(colon - display);
    *why = "a display over the network, as ssh -X makes them; a box is given displays of this "
           "machine only, such as :0";
    if (host > 0 && !(host == 4 && strncmp(display, "unix", 4) == 0))
        return -1;
    const char *dot = strchr(colon, '.');
    size_t digits = dot ? (size_t)(dot - colon - 1) : strlen(colon + 1);
    *why = "expected such as :0 or :0.1";
    if (digits >= sizeof text)
        return -1;
    memcpy(text, colon + 1, digits);
    text[digits] = '\0';
    if (parse_number(text, 0, NUMBER_MAX, &first) < 0 ||
        (dot && parse_number(dot + 1, 0, SCREEN_MAX, &second) < 0))
        return -1;
    *number = (unsigned)first;
    *screen = (unsigned)second;
    return 0;
}

/* Where libXau looks (XauFileName(3)). NULL where there is no telling. */
static char *cookie_file(void)
{
    const char *named = getenv("XAUTHORITY"), *home = getenv("HOME");
    char *path = NULL;
    if (named && *named)
        return strdup(named);
    return home && *home && asprintf(&path, "%s/.Xauthority", home) >= 0 ? path : NULL;
}

/* Without a cookie the server may still let us in, by the user who asks (xhost(1),
 * SI:localuser), so that none is a warning. */
static int find_cookie(struct x11 *x11, unsigned number, struct error *err)
{
    char host[HOST_NAME_MAX + 1] = "";
    cleanup_buf struct buf file = BUF_INIT(XAUTHORITY_FILE_MAX),
                           cookies = BUF_INIT(XAUTHORITY_FILE_MAX);
    cleanup_free char *path = cookie_file(), *real = path ? realpath(path, NULL) : NULL;
    int found = 0;
    if (gethostname(host, sizeof host - 1) < 0)
        return error_errno(err, "cannot learn this machine's name");
    if (real && read_regular_file(AT_FDCWD, real, &file) == 0)
        found =
            xauthority_pick(file.data ? file.data : "", file.length, host, number, &cookies);
    if (found < 0)
        return error_set(err, "out of memory");
    if (!found) {
        warn("no cookie for the display %s in %s; if its programs are refused, see xauth(1)",
             x11->display, path ? quoted(path) : "a file .Xauthority");
        return 0;
    }
    x11->cookies_length = cookies.length;
    x11->cookies = buf_take(&cookies);
    return x11->cookies ? 0 : error_set(err, "out of memory");
}

int x11_find(struct x11 *x11, struct error *err)
{
    const char *display = getenv("DISPLAY"), *why;
    unsigned number, screen;
    struct stat st;
    if (!display || !*display)
        return error_set(err, "there is no X11 display: DISPLAY is not set. Start this from a "
                              "terminal of the desktop, or name its display: DISPLAY=:0");
    if (x11_parse(display, &number, &screen, &why) < 0)
        return error_set(err, "DISPLAY=%s: %s", quoted(display), why);
    if (screen > 0)
        (void)snprintf(x11->display, sizeof x11->display, ":%u.%u", number, screen);
    else
        (void)snprintf(x11->display, sizeof x11->display, ":%u", number);
    (void)snprintf(x11->socket, sizeof x11->socket, BOX_X11_SOCKET "%u", number);
    if (lstat(x11->socket, &st) < 0)
        return error_errno(err, "DISPLAY=%s: no X server's socket at %s", quoted(display),
                           x11->socket);
    if (!S_ISSOCK(st.st_mode))
        return error_set(err, "DISPLAY=%s: %s is no socket", quoted(display), x11->socket);
    x11->device = st.st_dev;
    x11->inode = st.st_ino;
    return find_cookie(x11, number, err);
}
