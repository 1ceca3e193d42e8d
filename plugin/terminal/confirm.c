/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/terminal/confirm.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#include "shared/cleanup.h"
#include "shared/log.h"

enum { ANSWER_MAX = 64 };

bool confirm_possible(void)
{
    return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

void confirm_flush(void)
{
    (void)tcflush(STDIN_FILENO, TCIFLUSH);
}

bool confirm_read(void)
{
    char answer[ANSWER_MAX];
    size_t length = 0;
    for (;;) {
        char c;
        if (read(STDIN_FILENO, &c, 1) != 1) {
            (void)log_ask("", NULL); /* the question has no line end yet */
            return false;
        }
        if (c == '\n')
            break;
        if (length + 1 < sizeof answer)
            answer[length++] = c;
    }
    answer[length] = '\0';
    return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}

int confirm(const char *question, const char *option, struct error *err)
{
    if (!confirm_possible())
        return error_set(err, "%s\nnobody is here to be asked; %s says yes beforehand",
                         question, option);
    cleanup_free char *whole = NULL;
    if (asprintf(&whole, "%s [y/N]", question) < 0) {
        whole = NULL;
        return error_set(err, "out of memory");
    }
    confirm_flush();
    if (log_ask(NULL, whole) < 0)
        return error_set(err, "cannot ask: %s", question);
    return confirm_read() ? 1 : error_set(err, "nothing was done");
}
