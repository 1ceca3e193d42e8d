/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/denied.c init/net/pattern.c init/net/gate_frame.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <cmocka.h>

#include "init/denied.h"
#include "shared/cleanup.h"

static const struct denial *refuse(struct denied *denied, enum gate_via via, const char *name,
                                   uint16_t port, uint64_t now)
{
    struct gate_frame frame = {.kind = GATE_REFUSED, .via = via, .port = port, .up = 2};
    (void)snprintf(frame.name, sizeof frame.name, "%s", name);
    return denied_note(denied, &frame, now);
}

static const struct denial *ask(struct denied *denied, const char *name, uint16_t port,
                                const char *why)
{
    struct gate_frame frame = {.kind = GATE_ASKED, .port = port};
    (void)snprintf(frame.name, sizeof frame.name, "%s", name);
    (void)snprintf(frame.text, sizeof frame.text, "%s", why);
    return denied_note(denied, &frame, 1000);
}

static int make(void **state)
{
    *state = calloc(1, sizeof(struct denied));
    return *state ? 0 : -1;
}

static int unmake(void **state)
{
    free(*state);
    return 0;
}

static json_t *printed(const struct denial *denial)
{
    cleanup_buf struct buf out = BUF_INIT(4096);
    assert_int_equal(denial_print(denial, NULL, &out), 0);
    assert_null(strchr(out.data, '\n'));
    json_t *json = json_loads(out.data, 0, NULL);
    assert_non_null(json);
    return json;
}

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text ? text : "";
}

static struct host_pattern pattern(const char *text)
{
    struct host_pattern parsed;
    assert_int_equal(parse_host_pattern(text, &parsed, NULL), 0);
    return parsed;
}

static void each_host_is_there_once(void **state)
{
    struct denied *denied = *state;
    const struct denial *first = refuse(denied, VIA_DNS, "example.com", 0, 1000);
    assert_non_null(first);
    assert_null(refuse(denied, VIA_TLS, "example.com", 443, 1010));
    assert_null(refuse(denied, VIA_HTTP, "example.com", 80, 1020));
    assert_null(refuse(denied, VIA_TCP, "example.com", 443, 1030));
    assert_int_equal(denied->count, 1);
    assert_int_equal(first->count, 8);
    assert_int_equal(first->first, 1000);
    assert_int_equal(first->last, 1030);
    assert_int_equal(first->vias,
                     1U << VIA_DNS | 1U << VIA_TLS | 1U << VIA_HTTP | 1U << VIA_TCP);
    /* What another command would allow is another entry. */
    assert_non_null(refuse(denied, VIA_TCP, "example.com", 22, 1040));
    assert_non_null(refuse(denied, VIA_UDP, "example.com", 443, 1040));
    assert_non_null(refuse(denied, VIA_ICMP, "example.com", 0, 1040));
    assert_non_null(refuse(denied, VIA_OTHER, "example.com", 0, 1040));
    assert_int_equal(denied->count, 5);
    /* After a while somebody should hear of it again. */
    assert_null(refuse(denied, VIA_DNS, "example.com", 0, 1089));
    assert_non_null(refuse(denied, VIA_DNS, "example.com", 0, 1149));
}

/* The agent's mistake is not the host's: no allow is advised, and none takes it off the list.
 */
static void what_no_allow_helps_is_an_entry_of_its_own(void **state)
{
    struct denied *denied = *state;
    struct gate_frame frame = {.kind = GATE_REFUSED, .via = VIA_HTTP, .port = 80, .up = 1};
    (void)snprintf(frame.name, sizeof frame.name, "example.com");
    (void)snprintf(frame.text, sizeof frame.text, "the request was malformed: two \"Host\"s");
    const struct denial *faulty = denied_note(denied, &frame, 1000);
    assert_non_null(faulty);
    assert_false(denial_is_of_host(faulty));
    assert_null(denied_note(denied, &frame, 1001));
    assert_non_null(refuse(denied, VIA_HTTP, "example.com", 80, 1002));
    assert_int_equal(denied->count, 2);
    json_t *json = printed(faulty);
    assert_string_equal(text_of(json, "fault"), "the request was malformed: two \"Host\"s");
    assert_null(json_object_get(json, "allow"));
    json_decref(json);
    const struct host_pattern host = pattern("example.com");
    denied_answer(denied, &host);
    assert_int_equal(denied->count, 1);
    assert_string_equal(denied->list[0].fault, "the request was malformed: two \"Host\"s");
    memset(frame.text, '"', sizeof frame.text - 1); /* longer than is kept */
    assert_non_null(denied_note(denied, &frame, 1003));
    assert_null(denied_note(denied, &frame, 1004));
}

static void there_is_a_bound(void **state)
{
    struct denied *denied = *state;
    char name[32];
    for (unsigned i = 0; i < 3 * DENIED_MAX; i++) {
        (void)snprintf(name, sizeof name, "h%u.example", i);
        assert_non_null(refuse(denied, VIA_DNS, "kept.example", 0, 5000 + 100ULL * i));
        assert_non_null(refuse(denied, VIA_DNS, name, 0, 5000 + 100ULL * i));
    }
    assert_int_equal(denied->count, DENIED_MAX);
    bool kept = false;
    for (size_t i = 0; i < denied->count; i++)
        kept = kept || strcmp(denied->list[i].name, "kept.example") == 0;
    assert_true(kept);
}

static void as_json_it_says_how_to_allow_it(void **state)
{
    struct denied *denied = *state;
    static const struct {
        enum gate_via via;
        const char *name;
        uint16_t port;
        const char *host, *allow;
    } cases[] = {
        {VIA_TLS, "example.com", 443, "example.com", "example.com"},
        {VIA_TCP, "example.com", 22, "example.com:22", "example.com:22"},
        {VIA_TCP, "2001:db8::1", 22, "[2001:db8::1]:22", "[2001:db8::1]:22"},
        {VIA_UDP, "192.0.2.1", 443, "192.0.2.1:443", ""},
        {VIA_ICMP, "192.0.2.1", 0, "192.0.2.1", ""},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        json_t *json = printed(refuse(denied, cases[i].via, cases[i].name, cases[i].port, 1));
        assert_string_equal(text_of(json, "host"), cases[i].host);
        assert_string_equal(text_of(json, "allow"), cases[i].allow);
        assert_string_equal(json_string_value(json_array_get(json_object_get(json, "via"), 0)),
                            gate_via_name(cases[i].via));
        assert_int_equal(json_integer_value(json_object_get(json, "count")), 2);
        json_decref(json);
    }
}

static void what_is_asked_for_has_a_reason(void **state)
{
    struct denied *denied = *state;
    (void)refuse(denied, VIA_DNS, "example.com", 0, 999);
    const struct denial *asked = ask(denied, "example.com", 0, "\"quoted\" \\ and all");
    assert_int_equal(denied->count, 1);
    json_t *json = printed(asked);
    assert_true(json_is_true(json_object_get(json, "asked")));
    assert_string_equal(text_of(json, "reason"), "\"quoted\" \\ and all");
    json_decref(json);
    /* Each time anew. */
    assert_non_null(ask(denied, "example.com", 0, "please"));
    assert_non_null(ask(denied, "example.com", 8080, ""));
    assert_int_equal(denied->count, 2);
}

static void the_longest_fits_a_line(void **state)
{
    struct denied *denied = *state;
    struct gate_frame frame = {.kind = GATE_ASKED, .port = 65535};
    memset(frame.name, ':', sizeof frame.name - 1);
    memset(frame.text, '"', sizeof frame.text - 1);
    char longest[272];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    struct denial *asked = denied_note(denied, &frame, UINT64_MAX);
    asked->denied = longest;
    cleanup_buf struct buf out = BUF_INIT(2048);
    assert_int_equal(denial_print(asked, longest, &out), 0);
}

static void what_was_allowed_is_left_out(void **state)
{
    struct denied *denied = *state;
    (void)refuse(denied, VIA_DNS, "a.example.com", 0, 1);
    (void)refuse(denied, VIA_TCP, "a.example.com", 22, 1);
    (void)refuse(denied, VIA_UDP, "a.example.com", 443, 1);
    (void)refuse(denied, VIA_DNS, "b.example.com", 0, 1);
    const struct host_pattern one = pattern("a.example.com:22"), all = pattern("*.example.com");
    denied_answer(denied, &one);
    assert_int_equal(denied->count, 3);
    denied_answer(denied, &all);
    assert_int_equal(denied->count, 1);
    assert_int_equal(denied->list[0].vias, 1U << VIA_UDP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_host_is_there_once, make, unmake),
        cmocka_unit_test_setup_teardown(what_no_allow_helps_is_an_entry_of_its_own, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(there_is_a_bound, make, unmake),
        cmocka_unit_test_setup_teardown(as_json_it_says_how_to_allow_it, make, unmake),
        cmocka_unit_test_setup_teardown(what_is_asked_for_has_a_reason, make, unmake),
        cmocka_unit_test_setup_teardown(the_longest_fits_a_line, make, unmake),
        cmocka_unit_test_setup_teardown(what_was_allowed_is_left_out, make, unmake),
    };
    return cmocka_run_group_tests_name("denied", tests, NULL, NULL);
}
