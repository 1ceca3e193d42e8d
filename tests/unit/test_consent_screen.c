/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/terminal/consent.c plugin/terminal/question.c plugin/terminal/screen.c
 * plugin/terminal/follow.c plugin/state.c plugin/state_control.c */
/* What a session did to the terminal before it asks for a signature: is the question seen? */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "plugin/terminal/consent.h"
#include "shared/buf.h"

static void collect(void *context, const char *bytes, size_t length)
{
    assert_int_equal(buf_append(context, bytes, length), 0);
}

/* All that is written when a box asks while its session has written `before`. The caller's. */
static char *shown_after(const char *before)
{
    static const char line[] = "{\"question\":1,\"key\":\"SHA256:key\",\"comment\":\"me\"}\n";
    struct screen screen = {0};
    struct consent consent = CONSENT_INIT;
    struct buf out = BUF_INIT(8192);
    int ends[2];
    for (; *before; before++)
        screen_feed(&screen, *before);
    assert_int_equal(setenv("TERM", "xterm", 1), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    consent_begin(&consent, "claudex-app-0a1b2c3d", &screen);
    consent.fd = ends[0];
    assert_int_equal(write(ends[1], line, sizeof line - 1), sizeof line - 1);
    consent_take(&consent, collect, &out);
    char *all = strdup(out.data);
    assert_non_null(all);
    consent_end(&consent, collect, &out);
    buf_free(&out);
    close(ends[1]);
    return all;
}

/* xterm's control sequences: what the session set, and what takes it back. */
static const struct {
    const char *what, *back;
} tricks[] = {
    {"VT52, in which the rest would be text", "\033<"},
    {"conceal", "\033[m"},
    {"line drawing", "\033(B"},
    {"the other character set", "\017"},
    {"margins at both sides", "\033[?69l"},
    {"margins above and below", "\033[r"},
    {"text that no clearing erases", "\033[0\"q"},
    {"ink of the paper's colour", "\033]110\033\\"},
    {"paper of the ink's", "\033]111\033\\"},
    {"the same on a console", "\033]R\033\\"},
};

static void nothing_that_a_session_set_hides_a_question(void **state)
{
    static const char *const screens[] = {"", "\033[?1049h"};
    (void)state;
    for (size_t i = 0; i < sizeof screens / sizeof screens[0]; i++) {
        char *all = shown_after(screens[i]);
        const char *text = strstr(all, "claudex: the agent asks"),
                   *clear = strstr(all, "\033[H\033[2J"), *modes = strstr(all, "\033<");
        /* Ended whatever it is in the middle of, before anything else. */
        assert_memory_equal(all, "\030\033\\\033<", 4);
        assert_true(clear && text == clear + strlen("\033[H\033[2J"));
        for (size_t t = 0; t < sizeof tricks / sizeof tricks[0]; t++) {
            const char *back = strstr(all, tricks[t].back);
            if (!back || back < modes || back > clear)
                fail_msg("%s stays", tricks[t].what);
        }
        free(all);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_that_a_session_set_hides_a_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
