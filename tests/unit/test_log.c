/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "shared/buf.h"
#include "shared/error.h"
#include "shared/io.h"
#include "shared/log.h"
#include "shared/names.h"

/* --- what is said ------------------------------------------------------------------- */

/* Runs `speak` in a child; its stderr goes to `heard`. Returns its exit status. */
static int listen_to(void (*speak)(void), struct buf *heard)
{
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        speak();
        _exit(0);
    }
    close(ends[1]);
    assert_int_equal(read_all(ends[0], heard), 0);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void speak_all(void)
{
    info("one %d", 1);
    warn("two %s", "2");
    log_name("claudex-init");
    info("three");
    log_quiet(1);
    info("not heard");
    warn("heard");
}

static void says_who_speaks(void **state)
{
    (void)state;
    cleanup_buf struct buf heard = BUF_INIT(10000);
    assert_int_equal(listen_to(speak_all, &heard), 0);
    assert_string_equal(heard.data, "claudex: one 1\n"
                                    "claudex: warning: two 2\n"
                                    "claudex-init: three\n"
                                    "claudex-init: warning: heard\n");
}

static void speak_and_die(void)
{
    die(77, "%s", "the end");
}

static void die_of_error(void)
{
    struct error err = ERROR_INIT;
    (void)error_usage(&err, "line one\nline two");
    die_error(&err);
}

static void dies_with_the_status(void **state)
{
    (void)state;
    cleanup_buf struct buf heard = BUF_INIT(10000);
    assert_int_equal(listen_to(speak_and_die, &heard), 77);
    assert_string_equal(heard.data, "claudex: the end\n");
}

static void every_line_says_who_speaks(void **state)
{
    (void)state;
    cleanup_buf struct buf heard = BUF_INIT(10000);
    assert_int_equal(listen_to(die_of_error, &heard), EXIT_USAGE);
    assert_string_equal(heard.data, "claudex: line one\nclaudex: line two\n");
}

static void speak_long(void)
{
    char text[3 * ERROR_TEXT_MAX];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    info("%s", text);
    memset(text, '\n', sizeof text - 1);
    info("%s", text);
}

static void long_texts_are_cut(void **state)
{
    (void)state;
    cleanup_buf struct buf heard = BUF_INIT(100000);
    assert_int_equal(listen_to(speak_long, &heard), 0);
    const char *end = strchr(heard.data, '\n');
    assert_int_equal(end - heard.data, (int)strlen("claudex: ") + ERROR_TEXT_MAX - 1);
    assert_in_range(strlen(end), ERROR_TEXT_MAX, 4 * ERROR_TEXT_MAX);
}

static void speak_into_a_full_pipe(void)
{
    char block[65536] = {0};
    int flags = fcntl(STDERR_FILENO, F_GETFL);
    fcntl(STDERR_FILENO, F_SETFL, flags | O_NONBLOCK);
    while (write(STDERR_FILENO, block, sizeof block) > 0)
        ;
    info("nobody listens"); /* must return */
    fcntl(STDERR_FILENO, F_SETFL, flags);
    _exit(42);
}

static void does_not_wait_for_a_listener_who_stopped(void **state)
{
    (void)state;
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        alarm(10);
        dup2(ends[1], STDERR_FILENO);
        speak_into_a_full_pipe();
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    close(ends[0]);
    close(ends[1]);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 42);
}

/* --- term_quote --------------------------------------------------------------------- */

struct quoting {
    const char *text;
    size_t length;
    const char *quoted;
};
#define TEXT(literal) (literal), sizeof(literal) - 1

static void check(const struct quoting *cases, size_t count)
{
    char out[256];
    for (size_t i = 0; i < count; i++) {
        memset(out, 'Z', sizeof out);
        assert_ptr_equal(term_quote(out, sizeof out, cases[i].text, cases[i].length), out);
        assert_string_equal(out, cases[i].quoted);
    }
}

static void keeps_what_is_plain(void **state)
{
    (void)state;
    static const struct quoting cases[] = {
        {TEXT(""), ""},
        {TEXT("plain text, 'quotes' and \"more\" ~"), "plain text, 'quotes' and \"more\" ~"},
        {TEXT("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xe6\xbc\xa2 \xf0\x9f\x98\x80"),
         "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xe6\xbc\xa2 \xf0\x9f\x98\x80"},
        /* the borders of each length of UTF-8 */
        {TEXT("\xc2\xa0\xdf\xbf\xe0\xa0\x80\xef\xbf\xbd"),
         "\xc2\xa0\xdf\xbf\xe0\xa0\x80\xef\xbf\xbd"},
        {TEXT("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
        {TEXT("\xed\x9f\xbf\xee\x80\x80"), "\xed\x9f\xbf\xee\x80\x80"}, /* beside surrogates */
    };
    check(cases, array_length(cases));
}

static void escapes_every_control(void **state)
{
    (void)state;
    char out[16], expected[16];
    for (unsigned c = 0; c < 0x20; c++) {
        char byte = (char)c;
        (void)snprintf(expected, sizeof expected, "\\x%02x", c);
        assert_string_equal(term_quote(out, sizeof out, &byte, 1), expected);
    }
    assert_string_equal(term_quote(out, sizeof out, "\x7f", 1), "\\x7f");
    for (unsigned c = 0x80; c < 0xa0; c++) { /* C1, as UTF-8: CSI is one of them */
        char bytes[] = {(char)0xc2, (char)c};
        (void)snprintf(expected, sizeof expected, "\\xc2\\x%02x", c);
        assert_string_equal(term_quote(out, sizeof out, bytes, 2), expected);
    }
}

static void escapes_sequences_that_a_terminal_obeys(void **state)
{
    (void)state;
    static const struct quoting cases[] = {
        {TEXT("\x1b[2J\x1b]0;title\a"), "\\x1b[2J\\x1b]0;title\\x07"},
        {TEXT("a\nb\r\tc"), "a\\x0ab\\x0d\\x09c"},
        {TEXT("\x9b"
              "2J"),
         "\\x9b2J"}, /* CSI in one byte */
        {TEXT("a\0b"), "a\\x00b"},
        {TEXT("back\\slash \\x1b"), "back\\\\slash \\\\x1b"}, /* none can pretend */
    };
    check(cases, array_length(cases));
}

static void escapes_what_is_no_utf8(void **state)
{
    (void)state;
    static const struct quoting cases[] = {
        {TEXT("\x80"), "\\x80"},          /* a lone continuation */
        {TEXT("\xc3"), "\\xc3"},          /* a lone lead, at the end */
        {TEXT("\xc3("), "\\xc3("},        /* and in front of a letter */
        {TEXT("\xe2\x82"), "\\xe2\\x82"}, /* cut short */
        {TEXT("\xf0\x9f\x98"), "\\xf0\\x9f\\x98"},
        {TEXT("\xc0\x9b"), "\\xc0\\x9b"}, /* ESC, overlong */
        {TEXT("\xc1\x81"), "\\xc1\\x81"}, /* and harmless letters */
        {TEXT("\xe0\x81\x81"), "\\xe0\\x81\\x81"},
        {TEXT("\xf0\x82\x82\xac"), "\\xf0\\x82\\x82\\xac"},
        {TEXT("\xe0\x80\x9b"), "\\xe0\\x80\\x9b"},
        {TEXT("\xf0\x80\x80\x9b"), "\\xf0\\x80\\x80\\x9b"},
        {TEXT("\xed\xa0\x80"), "\\xed\\xa0\\x80"}, /* surrogates */
        {TEXT("\xed\xbf\xbf"), "\\xed\\xbf\\xbf"},
        {TEXT("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80"}, /* past U+10FFFF */
        {TEXT("\xf8\x88\x80\x80\x80"), "\\xf8\\x88\\x80\\x80\\x80"},
        {TEXT("\xff\xfe"), "\\xff\\xfe"},
    };
    check(cases, array_length(cases));
}

static void escapes_what_hides_or_turns_text(void **state)
{
    (void)state;
    static const struct quoting cases[] = {
        /* NOLINTNEXTLINE(misc-misleading-bidirectional): that is what it is */
        {TEXT("\xe2\x80\xae"
              "exe.txt"),
         "\\xe2\\x80\\xaeexe.txt"}, /* U+202E */
        /* NOLINTNEXTLINE(misc-misleading-bidirectional) */
        {TEXT("\xe2\x81\xa6"), "\\xe2\\x81\\xa6"},          /* U+2066 */
        {TEXT("\xe2\x80\xa8"), "\\xe2\\x80\\xa8"},          /* U+2028, a line's end */
        {TEXT("\xe2\x80\x8b"), "\\xe2\\x80\\x8b"},          /* U+200B */
        {TEXT("\xc2\xad"), "\\xc2\\xad"},                   /* U+00AD */
        {TEXT("\xd8\x9c"), "\\xd8\\x9c"},                   /* U+061C */
        {TEXT("\xef\xbb\xbf"), "\\xef\\xbb\\xbf"},          /* U+FEFF */
        {TEXT("\xe3\x85\xa4"), "\\xe3\\x85\\xa4"},          /* U+3164 */
        {TEXT("\xf3\xa0\x81\x81"), "\\xf3\\xa0\\x81\\x81"}, /* U+E0041, a tag */
        /* and not their neighbours */
        {TEXT("\xe2\x80\x90\xe2\x80\xa7\xe2\x80\xaf"), "\xe2\x80\x90\xe2\x80\xa7\xe2\x80\xaf"},
    };
    check(cases, array_length(cases));
}

static void cuts_between_whole_characters(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
        const char *quoted;
    } cases[] = {
        {"abcdef", 7, "abcdef"},
        {"abcdef", 6, "ab..."},
        {"abcdef", 5, "a..."},
        {"abcdef", 4, "..."},
        {"abcdef", 3, ".."},
        {"abcdef", 2, "."},
        {"abcdef", 1, ""},
        {"", 1, ""},
        {"a", 2, "a"},
        {"\x1b[J", 7, "\\x1b[J"},
        {"\x1b[JJ", 7, "..."},
        {"a\x1b", 5, "a..."},
        {"a\x1b", 6, "a\\x1b"},
        {"abc\xe2\x82\xac", 7, "abc\xe2\x82\xac"},
        {"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac", 9, "\xe2\x82\xac..."},
        {"\xe2\x82\xac\xe2\x82\xac", 6, "..."},
    };
    char out[16];
    for (size_t i = 0; i < array_length(cases); i++) {
        memset(out, 'Z', sizeof out);
        const char *text = cases[i].text;
        (void)term_quote(out, cases[i].size, text, strlen(text));
        assert_string_equal(out, cases[i].quoted);
        assert_int_equal(out[cases[i].size], 'Z'); /* nothing behind its end */
    }
}

/* Whatever the bytes: what comes out is printable and one line. */
static void no_bytes_get_through(void **state)
{
    (void)state;
    uint32_t seed = 1;
    for (int round = 0; round < 20000; round++) {
        char text[24], out[128];
        size_t length = (size_t)round % sizeof text;
        for (size_t i = 0; i < length; i++) {
            seed = seed * 1664525U + 1013904223U;
            text[i] = (char)(seed >> 24);
        }
        (void)term_quote(out, sizeof out, text, length);
        for (const char *p = out; *p; p++)
            assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
        assert_true(length == 0 || out[0] != '\0');
    }
}

static void quoted_lasts_for_one_message(void **state)
{
    (void)state;
    const char *texts[8];
    char word[] = "0\x1b";
    for (size_t i = 0; i < array_length(texts); i++) {
        word[0] = (char)('0' + i);
        texts[i] = quoted(word);
    }
    for (size_t i = 0; i < array_length(texts); i++) {
        assert_int_equal(texts[i][0], '0' + i);
        assert_string_equal(texts[i] + 1, "\\x1b");
    }
    char longer[400];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(strlen(quoted(longer)), 255);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_who_speaks),
        cmocka_unit_test(dies_with_the_status),
        cmocka_unit_test(every_line_says_who_speaks),
        cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(does_not_wait_for_a_listener_who_stopped),
        cmocka_unit_test(keeps_what_is_plain),
        cmocka_unit_test(escapes_every_control),
        cmocka_unit_test(escapes_sequences_that_a_terminal_obeys),
        cmocka_unit_test(escapes_what_is_no_utf8),
        cmocka_unit_test(escapes_what_hides_or_turns_text),
        cmocka_unit_test(cuts_between_whole_characters),
        cmocka_unit_test(no_bytes_get_through),
        cmocka_unit_test(quoted_lasts_for_one_message),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
