/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/terminal/terminal.h"

#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "shared/cleanup.h"

static struct termios saved;
static volatile sig_atomic_t is_raw;

/* tcsetattr(3) may be called in a signal handler (signal-safety(7)). The handler was reset on
 * entry: raising the signal again ends us as it would have. */
static void on_crash(int number)
{
    terminal_restore();
    (void)raise(number);
}

static void watch_crashes(void)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
    struct sigaction action = {.sa_handler = on_crash, .sa_flags = (int)SA_RESETHAND};
    for (size_t i = 0; i < array_length(crashes); i++)
        (void)sigaction(crashes[i], &action, NULL);
}

int terminal_raw(void)
{
    if (!isatty(STDIN_FILENO))
        return 0;
    if (!is_raw && tcgetattr(STDIN_FILENO, &saved) < 0)
        return -1;
    struct termios raw = saved;
    cfmakeraw(&raw);
    if (!is_raw)
        watch_crashes();
    is_raw = 1;
    return tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

void terminal_restore(void)
{
    if (is_raw)
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &saved);
    is_raw = 0;
}
