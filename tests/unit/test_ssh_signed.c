/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/ssh/signed.c init/ssh/wire.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "init/ssh/signed.h"

#define BYTES(text) ((struct bytes){(const uint8_t *)(text), sizeof(text) - 1})

#define HEAD                                                                                   \
    "\0\0\0\2id\x32"                                                                           \
    "\0\0\0\3git\0\0\0\x0essh-connection"
#define KEY     "\1\0\0\0\x0bssh-ed25519\0\0\0\3key"
#define LOGIN   HEAD "\0\0\0\x09publickey" KEY
#define BOUND   HEAD "\0\0\0\x23publickey-hostbound-v00@openssh.com" KEY "\0\0\0\4host"
#define MESSAGE "SSHSIG\0\0\0\3git\0\0\0\0\0\0\0\6sha512\0\0\0\4hash"

static void a_login_says_who_and_what(void **state)
{
    (void)state;
    struct signed_data data;
    signed_parse(BYTES(LOGIN), &data);
    assert_int_equal(data.kind, SIGNED_LOGIN);
    assert_true(bytes_are(data.session, "id"));
    assert_true(bytes_are(data.user, "git"));
    assert_true(bytes_are(data.service, "ssh-connection"));
    assert_true(bytes_are(data.key, "key"));
    assert_int_equal(data.host_key.length, 0);
}

static void a_bound_login_says_where(void **state)
{
    (void)state;
    struct signed_data data;
    signed_parse(BYTES(BOUND), &data);
    assert_int_equal(data.kind, SIGNED_LOGIN);
    assert_true(bytes_are(data.host_key, "host"));
    assert_true(bytes_are(data.user, "git"));
}

static void a_message_says_what_for(void **state)
{
    (void)state;
    struct signed_data data;
    signed_parse(BYTES(MESSAGE), &data);
    assert_int_equal(data.kind, SIGNED_MESSAGE);
    assert_true(bytes_are(data.namespace, "git"));
    assert_int_equal(data.user.length, 0);
}

static void anything_else_says_nothing(void **state)
{
    (void)state;
    const struct bytes others[] = {
        BYTES(""),
        BYTES("\0\0\0\2id\x33\0\0\0\3git\0\0\0\x0essh-connection\0\0\0\x09publickey" KEY),
        BYTES(HEAD "\0\0\0\x08password" KEY),
        BYTES(HEAD "\0\0\0\x09publickey\0\0\0\0\x0bssh-ed25519\0\0\0\3key"),
        BYTES(LOGIN "\0"),
        BYTES(LOGIN "\0\0\0\4host"),
        BYTES(BOUND "\0"),
        BYTES("SSHSIH\0\0\0\3git\0\0\0\0\0\0\0\6sha512\0\0\0\4hash"),
        BYTES("SSHSIG\0\0\0\0\0\0\0\0\0\0\0\6sha512\0\0\0\4hash"), /* PROTOCOL.sshsig */
        BYTES(MESSAGE "\0"),
    };
    const struct bytes whole[] = {BYTES(LOGIN), BYTES(BOUND), BYTES(MESSAGE)};
    struct signed_data data;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        signed_parse(others[i], &data);
        if (data.kind != SIGNED_OTHER)
            fail_msg("case %zu", i);
        assert_int_equal(data.user.length + data.namespace.length + data.key.length, 0);
    }
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
        for (size_t cut = 0; cut < whole[i].length; cut++) {
            signed_parse((struct bytes){whole[i].data, cut}, &data);
            assert_int_equal(data.kind, SIGNED_OTHER);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_login_says_who_and_what),
        cmocka_unit_test(a_bound_login_says_where),
        cmocka_unit_test(a_message_says_what_for),
        cmocka_unit_test(anything_else_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
