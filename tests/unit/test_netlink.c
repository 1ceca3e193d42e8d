/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/net/netlink.c */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "init/net/netlink.h"
#include "shared/cleanup.h"

enum { HEAD = sizeof(struct nlmsghdr) };

/* The attributes of one message. */
static const char *attributes(const struct netlink_batch *b, size_t *length)
{
    *length = b->bytes.length - HEAD;
    return b->bytes.data + HEAD;
}

static void build(struct netlink_batch *b, unsigned number, const char *text, int more)
{
    netlink_begin(b, 1, 0, "", 0);
    netlink_put_be32(b, 1, number);
    if (more)
        netlink_put_u8(b, 9, 7);
    size_t list = netlink_nest(b, 2);
    for (uint8_t i = 0; i < 3; i++) {
        size_t element = netlink_nest(b, 1);
        netlink_put_u8(b, 1, i);
        netlink_put_text(b, 2, text);
        if (more)
            netlink_put_be16(b, 3, 1);
        netlink_end(b, element);
    }
    netlink_end(b, list);
}

static int holds(const struct netlink_batch *have, const struct netlink_batch *want)
{
    size_t h, w;
    const char *a = attributes(have, &h), *b = attributes(want, &w);
    return netlink_holds(a, h, b, w);
}

static void what_was_said_must_be_there(void **state)
{
    (void)state;
    cleanup_netlink_batch struct netlink_batch same = NETLINK_BATCH_INIT;
    cleanup_netlink_batch struct netlink_batch want = NETLINK_BATCH_INIT;
    cleanup_netlink_batch struct netlink_batch more = NETLINK_BATCH_INIT;
    cleanup_netlink_batch struct netlink_batch number = NETLINK_BATCH_INIT;
    cleanup_netlink_batch struct netlink_batch text = NETLINK_BATCH_INIT;
    build(&want, 5, "text", 0);
    build(&same, 5, "text", 0);
    build(&more, 5, "text", 1);
    build(&number, 6, "text", 0);
    build(&text, 5, "texts", 0);
    assert_true(holds(&same, &want));
    assert_true(holds(&more, &want));
    assert_false(holds(&want, &more));
    assert_false(holds(&number, &want));
    assert_false(holds(&text, &want));
}

static void lists_are_compared_in_order(void **state)
{
    (void)state;
    cleanup_netlink_batch struct netlink_batch a = NETLINK_BATCH_INIT;
    cleanup_netlink_batch struct netlink_batch b = NETLINK_BATCH_INIT;
    netlink_begin(&a, 1, 0, "", 0);
    netlink_put_u8(&a, 1, 1);
    netlink_put_u8(&a, 1, 2);
    netlink_begin(&b, 1, 0, "", 0);
    netlink_put_u8(&b, 1, 2);
    netlink_put_u8(&b, 1, 1);
    assert_true(holds(&a, &a));
    assert_false(holds(&a, &b));
}

/* Lengths that lie lead nowhere (and under the sanitizers would be seen to). */
static void damaged_attributes_are_not_there(void **state)
{
    (void)state;
    cleanup_netlink_batch struct netlink_batch want = NETLINK_BATCH_INIT;
    build(&want, 5, "text", 0);
    size_t length;
    const char *a = attributes(&want, &length);
    for (size_t cut = 0; cut < length; cut++) {
        char *copy = malloc(cut + 1);
        memcpy(copy, a, cut);
        assert_false(netlink_holds(copy, cut, a, length));
        free(copy);
    }
    for (size_t i = 0; i < length; i++) {
        char *copy = malloc(length);
        memcpy(copy, a, length);
        copy[i] = (char)0xff;
        (void)netlink_holds(copy, length, a, length);
        (void)netlink_text(netlink_find(copy, length, 2));
        free(copy);
    }
}

static void a_text_without_an_end_is_none(void **state)
{
    (void)state;
    cleanup_netlink_batch struct netlink_batch b = NETLINK_BATCH_INIT;
    size_t length;
    netlink_begin(&b, 1, 0, "", 0);
    netlink_put(&b, 1, "abcd", 4);
    netlink_put_text(&b, 2, "abc");
    const char *a = attributes(&b, &length);
    assert_string_equal(netlink_text(netlink_find(a, length, 1)), "");
    assert_string_equal(netlink_text(netlink_find(a, length, 2)), "abc");
    assert_string_equal(netlink_text(netlink_find(a, length, 3)), "");
}

/* With the kernel itself: an error is told with its message, an acknowledgement ends it. */
static void the_kernel_answers(void **state)
{
    (void)state;
    cleanup_netlink_batch struct netlink_batch good = NETLINK_BATCH_INIT;
    cleanup_netlink_batch struct netlink_batch bad = NETLINK_BATCH_INIT;
    cleanup_fd int fd = netlink_open(NETLINK_ROUTE);
    const struct {
        uint8_t family, pad[15];
    } link = {0};
    uint32_t at;
    assert_true(fd >= 0);
    netlink_begin(&good, 18 /* RTM_GETLINK */, NLM_F_DUMP, &link, sizeof link);
    assert_int_equal(netlink_talk(fd, &good, 1, NULL, NULL, &at), 0);
    netlink_begin(&bad, 9999, NLM_F_ACK, &link, sizeof link);
    assert_int_equal(netlink_talk(fd, &bad, 1, NULL, NULL, &at), -1);
    assert_int_equal(errno, EOPNOTSUPP);
    assert_int_equal(at, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_said_must_be_there),
        cmocka_unit_test(lists_are_compared_in_order),
        cmocka_unit_test(damaged_attributes_are_not_there),
        cmocka_unit_test(a_text_without_an_end_is_none),
        cmocka_unit_test(the_kernel_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
