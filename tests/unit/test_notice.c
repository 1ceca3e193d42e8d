/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/terminal/notice.c plugin/terminal/screen.c plugin/policy/denial.c
 * plugin/policy/wide.c plugin/terminal/follow.c plugin/state.c plugin/state_control.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "plugin/terminal/notice.h"
#include "shared/buf.h"
#include "shared/cleanup.h"

static struct screen after(const char *bytes)
{
    struct screen screen = {0};
    for (; *bytes; bytes++)
        screen_feed(&screen, *bytes);
    return screen;
}

static void a_line_goes_where_lines_go(void **state)
{
    static const struct {
        const char *bytes;
        bool between, line;
    } cases[] = {
        {"", true, true},
        {"text", true, false},
        {"text\r\n", true, true},
        {"\033[01;31mred\033[0m\r\n", true, true},
        {"\033[?2004h$ ls\r\n\033[?2004l\r", true, true},
        {"\033]0;a title\007", true, true},
        {"\033]0;a title\033\\", true, true},
        {"\033[K\033[5C\033[2P\r\n", true, true},
        {"\033]0;a title", false, false},
        {"\033", false, false},
        {"\033[", false, false},
        {"\033[1;", false, false},
        {"\033P+q", false, false},
        {"\033(", false, false},
        {"\033(B\033[m", true, true}, /* as tput sgr0 has it */
        {"caf\xc3", false, false},
        {"caf\xc3\xa9\r\n", true, true},
        {"\xf0\x9f\x98", false, false},
        {"\xff\xff\r\n", true, true},
        {"\xc3\r\n", true, true},
        {"\033[?1049h", true, false},
        {"\033[?1049h\033[2J\033[H\033[?1049l\r\n", true, true},
        {"\033[2A", true, false},
        {"\033[?25l", true, false},
        {"\033[?25h\r\n", true, true},
        {"$ \033[H\033[2J\033[3J", true, true}, /* clear(1) */
        {"$ \033[H\033[J$ ls\r\n", true, true}, /* in tmux; bash at Ctrl-L */
        {"\033[1;1H\033[2J", true, true},
        {"\033[3J", true, true},
        {"\033[H", true, false},
        {"\033[H\r\n", true, false},
        {"\033[Htop\r\n\033[2J\r\n", true, false},
        {"\033[2J\033[H\r\n", true, false},
        {"\033[H\033[1J\r\n", true, false},
        {"\033[H\033[2J\033[5;1Hx\r\n", true, false},
        {"\033[?25l\033[H\033[2J\r\n", true, false},
        {"\033[?1049h\033[H\033[?1049l\r\n", true, true},
        {"\0337", true, false},
        {"\033[?2004;1049h\r\n", true, false},
        {"\033]0;x\030\r\n", true, true},
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        const struct screen screen = after(cases[i].bytes);
        if (screen_is_between(&screen) != cases[i].between ||
            screen_takes_line(&screen) != cases[i].line)
            fail_msg("case %zu", i);
    }
}

static void append(void *context, const char *bytes, size_t length)
{
    assert_int_equal(buf_append(context, bytes, length), 0);
}

static void refuse(struct notice *notice, const char *host)
{
    json_t *item = json_pack("{s:s, s:[s], s:s}", "host", host, "via", "dns", "allow", host);
    assert_int_equal(notice_add(notice, item), 0);
    json_decref(item);
}

#define LINE "claudex: refused e.com (dns); to allow it: docker claudex allow e.com"

static void it_waits_for_its_place(void **state)
{
    struct notice notice = NOTICE_INIT;
    cleanup_buf struct buf out = BUF_INIT(65536);
    (void)state;
    notice.box = "box";
    notice.tty = true;
    static const char prompt[] = "$ curl e.com", rest[] = "\r\ncurl: (6)\r\n$ ";
    notice_pass(&notice, prompt, strlen(prompt), append, &out);
    refuse(&notice, "e.com");
    refuse(&notice, "e.com");
    assert_string_equal(out.data, "$ curl e.com");
    notice_pass(&notice, rest, strlen(rest), append, &out);
    assert_string_equal(out.data, "$ curl e.com\r\n" LINE "\r\ncurl: (6)\r\n$ ");
    notice_end(&notice);
}

static void a_drawing_stays_as_it_is(void **state)
{
    struct notice notice = NOTICE_INIT;
    cleanup_buf struct buf out = BUF_INIT(65536);
    (void)state;
    notice.box = "box";
    notice.tty = true;
    static const char begin[] = "\033[?25l\033[2", end[] = "Kframe\r\n";
    notice_pass(&notice, begin, strlen(begin), append, &out);
    refuse(&notice, "e.com");
    notice_pass(&notice, end, strlen(end), append, &out);
    /* Not within the sequence, and no line. */
    assert_string_equal(out.data, "\033[?25l\033[2Kframe\r\n\033[22;2t\033]2;" LINE "\033\\");
    notice_end(&notice);
}

static void ask_for(struct notice *notice, const char *host)
{
    json_t *item = json_pack("{s:s, s:b, s:s}", "host", host, "asked", 1, "allow", host);
    assert_int_equal(notice_add(notice, item), 0);
    json_decref(item);
}

/* On standard error. Borrowed until the next call. */
static const char *what_the_end_says(struct notice *notice)
{
    static char text[1024];
    int ends[2], error = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    notice_end(notice);
    assert_int_equal(dup2(error, STDERR_FILENO), STDERR_FILENO);
    close(error);
    close(ends[1]);
    ssize_t n = read(ends[0], text, sizeof text - 1);
    close(ends[0]);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void the_end_tells_refused_from_asked(void **state)
{
    struct notice notice = NOTICE_INIT;
    (void)state;
    notice.tty = true;
    ask_for(&notice, "a.com");
    assert_string_equal(what_the_end_says(&notice), "claudex: asked for meanwhile: a.com\n");

    notice = (struct notice)NOTICE_INIT;
    notice.tty = true;
    ask_for(&notice, "a.com");
    ask_for(&notice, "a.com");
    refuse(&notice, "b.com");
    refuse(&notice, "a.com");
    assert_string_equal(what_the_end_says(&notice), "claudex: refused meanwhile: b.com, a.com\n"
                                                    "claudex: asked for meanwhile: a.com\n");
}

static void it_is_enough_at_some_point(void **state)
{
    struct notice notice = NOTICE_INIT;
    cleanup_buf struct buf out = BUF_INIT(65536);
    char host[32];
    size_t lines = 0;
    (void)state;
    notice.box = "box";
    notice.tty = true;
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(host, sizeof host, "h%d.example", i);
        refuse(&notice, host);
    }
    assert_int_equal(notice.refused.count, NOTICE_HOSTS_MAX);
    notice_pass(&notice, "\r\n", 2, append, &out);
    for (const char *at = out.data; (at = strstr(at, "claudex: ")); at++)
        lines++;
    assert_int_equal(lines, NOTICE_LINES_MAX + 1);
    assert_non_null(strstr(out.data, "docker claudex denied\r\n"));
    notice_end(&notice);
}

static void without_a_box_nothing_is_touched(void **state)
{
    struct notice notice = NOTICE_INIT;
    cleanup_buf struct buf out = BUF_INIT(65536);
    (void)state;
    notice.tty = true;
    notice_begin(&notice);
    assert_int_equal(notice.fd, -1);
    notice_pass(&notice, "\033[2Jx\xff", 6, append, &out);
    assert_int_equal(out.length, 6);
    notice_end(&notice);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_goes_where_lines_go),
        cmocka_unit_test(it_waits_for_its_place),
        cmocka_unit_test(a_drawing_stays_as_it_is),
        cmocka_unit_test(the_end_tells_refused_from_asked),
        cmocka_unit_test(it_is_enough_at_some_point),
        cmocka_unit_test(without_a_box_nothing_is_touched),
    };
    return cmocka_run_group_tests_name("notice", tests, NULL, NULL);
}
