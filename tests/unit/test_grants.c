/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/net/grants.c init/net/pattern.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "init/net/grants.h"
#include "shared/cleanup.h"

static const struct grants_now then = {.real = 1700000000, .boot = 5000};

static struct grant grant(enum policy_action action, const char *text, uint64_t expires)
{
    struct grant made = {.action = action, .since = then.real, .expires = expires};
    const char *why = "";
    if (parse_host_pattern(text, &made.pattern, &why) < 0)
        fail_msg("%s: %s", text, why);
    return made;
}

static void put(struct grants *grants, enum policy_action action, const char *text,
                uint64_t expires)
{
    const struct grant one = grant(action, text, expires);
    assert_int_equal(grants_put(grants, &one), 0);
}

static struct grants some(void)
{
    struct grants grants = {.count = 0};
    put(&grants, POLICY_ALLOW, "example.com:8443", 5600);
    put(&grants, POLICY_DENY, "*.example.org", 0);
    put(&grants, POLICY_ALLOW, "[2001:db8::/32]:443", 5001);
    return grants;
}

static void the_last_word_on_a_host_counts(void **state)
{
    struct grants grants = some();
    (void)state;
    put(&grants, POLICY_ALLOW, "*.example.org", 0);
    assert_int_equal(grants.count, 3);
    assert_int_equal(grants.list[2].action, POLICY_ALLOW);
    const struct grant other = grant(POLICY_ALLOW, "example.com", 0);
    assert_false(grants_forget(&grants, &other.pattern));
    assert_true(grants_forget(&grants, &grants.list[2].pattern));
    assert_int_equal(grants.count, 2);
}

static void they_expire_one_by_one(void **state)
{
    struct grants grants = some();
    struct grant gone;
    (void)state;
    assert_int_equal(grants_next(&grants), 5001);
    assert_false(grants_expire(&grants, 5000, &gone));
    assert_true(grants_expire(&grants, 5001, &gone));
    assert_int_equal(gone.pattern.port, 443);
    assert_false(grants_expire(&grants, 5001, &gone));
    assert_int_equal(grants_next(&grants), 5600);
    assert_true(grants_expire(&grants, 9999, &gone));
    assert_int_equal(grants_next(&grants), 0);
    assert_false(grants_expire(&grants, UINT64_MAX, &gone));
    assert_int_equal(grants.count, 1);
}

static void there_is_a_bound(void **state)
{
    struct grants grants = {.count = 0};
    char text[32];
    (void)state;
    for (unsigned i = 0; i < GRANTS_MAX; i++) {
        (void)snprintf(text, sizeof text, "h%u.example", i);
        put(&grants, POLICY_ALLOW, text, 0);
    }
    const struct grant more = grant(POLICY_ALLOW, "more.example", 0);
    assert_int_equal(grants_put(&grants, &more), -1);
    put(&grants, POLICY_DENY, "h7.example", 0); /* in the place of one that is there */
    /* As many as there may be, each as long as it may be, fit into the file. */
    cleanup_buf struct buf out = BUF_INIT(GRANTS_TEXT_MAX);
    for (size_t i = 0; i < grants.count; i++) {
        memset(grants.list[i].pattern.name, 'a', 253);
        grants.list[i].pattern.kind = HOST_WILDCARD;
        grants.list[i].pattern.port = 65535;
        grants.list[i].expires = then.boot + (UINT64_C(10) * 365 * 86400);
    }
    assert_int_equal(grants_print(&grants, then, &out), 0);
}

static int parse(const struct buf *text, struct grants_now now, struct grants *grants)
{
    const char *why;
    return grants_parse(text->data, text->length, now, grants, &why);
}

static void what_is_left_survives(void **state)
{
    const struct grants before = some();
    struct grants after;
    cleanup_buf struct buf out = BUF_INIT(GRANTS_TEXT_MAX);
    (void)state;
    assert_int_equal(grants_print(&before, then, &out), 0);
    /* At once, in a kernel that has just been started. */
    assert_int_equal(parse(&out, (struct grants_now){then.real, 10}, &after), 0);
    assert_int_equal(after.count, 3);
    assert_int_equal(after.list[0].expires, 610);
    assert_int_equal(after.list[0].since, then.real);
    assert_int_equal(after.list[0].pattern.port, 8443);
    assert_int_equal(after.list[1].action, POLICY_DENY);
    assert_int_equal(after.list[1].expires, 0);
    assert_int_equal(after.list[2].expires, 11);
    /* Later: what passed meanwhile passed, one has expired. */
    assert_int_equal(parse(&out, (struct grants_now){then.real + 100, 10}, &after), 0);
    assert_int_equal(after.count, 2);
    assert_int_equal(after.list[0].expires, 510);
    /* With a clock that was set back: not longer than it was. */
    assert_int_equal(parse(&out, (struct grants_now){then.real - 100000, 10}, &after), 0);
    assert_int_equal(after.list[0].expires, 610);
    /* What has expired is not written. */
    cleanup_buf struct buf later = BUF_INIT(GRANTS_TEXT_MAX);
    assert_int_equal(grants_print(&before, (struct grants_now){then.real, 5600}, &later), 0);
    assert_int_equal(parse(&later, then, &after), 0);
    assert_int_equal(after.count, 1);
}

static void every_change_of_a_byte_and_every_cut_is_noticed(void **state)
{
    const struct grants before = some();
    struct grants after = {.count = 77};
    cleanup_buf struct buf out = BUF_INIT(GRANTS_TEXT_MAX);
    const char *why;
    (void)state;
    assert_int_equal(grants_print(&before, then, &out), 0);
    for (size_t i = 0; i < out.length; i++) {
        for (int bit = 0; bit < 8; bit++) {
            out.data[i] = (char)(out.data[i] ^ (1 << bit));
            assert_int_equal(parse(&out, then, &after), -1);
            out.data[i] = (char)(out.data[i] ^ (1 << bit));
        }
        assert_int_equal(grants_parse(out.data, i, then, &after, &why), -1);
    }
    assert_int_equal(buf_puts(&out, "\n"), 0);
    assert_int_equal(parse(&out, then, &after), -1);
    assert_int_equal(after.count, 77);
}

static void a_newer_version_is_called_that(void **state)
{
    static const char newer[] = "claudex-grants 2\nanything\n";
    struct grants grants;
    const char *why;
    (void)state;
    assert_int_equal(grants_parse(newer, strlen(newer), then, &grants, &why), -1);
    assert_non_null(strstr(why, "version"));
    assert_int_equal(grants_parse("", 0, then, &grants, &why), -1);
    assert_null(strstr(why, "version"));
}

static void denials_by_hand_and_of_the_configuration(void **state)
{
    struct grants grants = some();
    char *items[] = {(char *)"gist.github.com", (char *)"*.evil.example:443", NULL};
    const struct session session = {.network = {.deny = {.items = items, .count = 2}}};
    const char *part;
    struct grant host = grant(POLICY_ALLOW, "a.example.org:22", 0);
    (void)state;
    assert_ptr_equal(grants_denial(&grants, &host.pattern), &grants.list[1]);
    assert_null(grants_configured_denial(&session, &host.pattern, &part));
    assert_null(part);
    host = grant(POLICY_ALLOW, "example.com:8443", 0);
    assert_null(grants_denial(&grants, &host.pattern));
    host = grant(POLICY_ALLOW, "gist.github.com", 0);
    assert_string_equal(grants_configured_denial(&session, &host.pattern, &part), items[0]);
    host = grant(POLICY_ALLOW, "*.github.com", 0);
    assert_null(grants_configured_denial(&session, &host.pattern, &part));
    assert_string_equal(part, items[0]);
    host = grant(POLICY_ALLOW, "a.evil.example", 0);
    assert_null(grants_configured_denial(&session, &host.pattern, &part));
    assert_string_equal(part, items[1]);
}

static void they_are_kept_in_a_folder(void **state)
{
    char folder[] = "/tmp/claudex-grants.XXXXXX", path[64];
    struct grants before = some(), after;
    struct error err = ERROR_INIT;
    const struct grants_now now = grants_clock();
    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/" GRANTS_FILE, folder);
    assert_int_equal(grants_load(folder, &after, &err), 0);
    assert_int_equal(after.count, 0);
    before.list[0].expires = now.boot + 600;
    before.list[2].expires = now.boot + 1;
    assert_int_equal(grants_save(folder, &before, &err), 0);
    assert_int_equal(grants_load(folder, &after, &err), 0);
    assert_in_range(after.count, 2, 3);
    assert_in_range(after.list[0].expires, now.boot + 595, now.boot + 601);
    assert_int_equal(truncate(path, 50), 0);
    assert_int_equal(grants_load(folder, &after, &err), -1);
    assert_non_null(strstr(err.text, "damaged"));
    assert_int_equal(after.count, 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(grants_load(folder, &after, &err), 0);
    assert_int_equal(grants_save(folder, &before, &err), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_word_on_a_host_counts),
        cmocka_unit_test(they_expire_one_by_one),
        cmocka_unit_test(there_is_a_bound),
        cmocka_unit_test(what_is_left_survives),
        cmocka_unit_test(every_change_of_a_byte_and_every_cut_is_noticed),
        cmocka_unit_test(a_newer_version_is_called_that),
        cmocka_unit_test(denials_by_hand_and_of_the_configuration),
        cmocka_unit_test(they_are_kept_in_a_folder),
    };
    return cmocka_run_group_tests_name("grants", tests, NULL, NULL);
}
