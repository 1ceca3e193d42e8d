/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/status.c init/replace.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <jansson.h>

#include <cmocka.h>

#include "init/status.h"
#include "shared/cleanup.h"

static void the_text_is_json_with_every_field(void **state)
{
    (void)state;
    const struct status status = {
        .box = "claudex-app-0a1b2c3d",
        .mode = NETWORK_LOCKDOWN,
        .why = "lockdown \"on\"",
        .agent = {.uid = 4294967293U, .gid = 77},
        .firewall = "iptables",
        .landlock = 7,
        .started = 1738324800,
    };
    cleanup_free char *text = status_print(&status);
    assert_non_null(text);
    json_t *root = json_loads(text, 0, NULL);
    assert_non_null(root);
    const char *box, *mode, *why, *firewall, *started, *version;
    json_int_t uid, gid;
    int landlock;
    assert_int_equal(json_unpack(root, "{s:s, s:s, s:s, s:s, s:{s:I, s:I}, s:s, s:i, s:s !}",
                                 "version", &version, "box", &box, "mode", &mode, "why", &why,
                                 "agent", "uid", &uid, "gid", &gid, "firewall", &firewall,
                                 "landlock", &landlock, "started", &started),
                     0);
    assert_string_equal(version, CLAUDEX_VERSION);
    assert_string_equal(box, "claudex-app-0a1b2c3d");
    assert_string_equal(mode, "lockdown");
    assert_string_equal(why, "lockdown \"on\"");
    assert_true(uid == 4294967293 && gid == 77);
    assert_string_equal(firewall, "iptables");
    assert_int_equal(landlock, 7);
    assert_string_equal(started, "2025-01-31T12:00:00Z");
    json_decref(root);
}

static void who_asks_is_told_of_the_trail(void **state)
{
    (void)state;
    const struct status_trail trail = {
        .snapshots = 3, .kind = "turn", .when = 1738324801, .failing = true};
    const struct status status = {
        .box = "b", .why = "", .firewall = "iptables", .trail = &trail};
    cleanup_free char *text = status_print(&status);
    json_t *root = json_loads(text, 0, NULL);
    const char *kind;
    json_int_t snapshots, when;
    int failing;
    assert_int_equal(json_unpack(json_object_get(root, "trail"), "{s:I, s:s, s:I, s:b !}",
                                 "snapshots", &snapshots, "kind", &kind, "time", &when,
                                 "failing", &failing),
                     0);
    assert_true(snapshots == 3 && when == 1738324801 && failing);
    assert_string_equal(kind, "turn");
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_text_is_json_with_every_field),
                                       cmocka_unit_test(who_asks_is_told_of_the_trail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
