/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/ssh/key.c init/ssh/wire.c */
/* The keys and certificates of the fuzzer's corpus, with what `ssh-keygen -l` says of them. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "init/ssh/key.h"
#include "shared/buf.h"
#include "shared/io.h"

static const struct {
    const char *type, *fingerprint;
} keys[] = {
    {"ed25519", "SHA256:6FYkTbLdwaVn/cxW4DbsbQdd/pyNi+O14GupBifzOtM"},
    {"rsa", "SHA256:y9f24ybcgKKD9llotvgW3VvuQZcmzY1/9Y5fLekau+A"},
    {"ecdsa", "SHA256:7wMUyJ7GVYHkRbSPp1ElgG7jooYrxS/8Jd9FXS6yDoc"},
};

static void read_key(const char *type, const char *suffix, struct buf *key)
{
    char path[128];
    (void)snprintf(path, sizeof path, "tests/fuzz/corpus/ssh_signed/key-%s%s", type, suffix);
    assert_int_equal(read_regular_file(AT_FDCWD, path, key), 0);
}

static struct bytes bytes_of(const struct buf *b)
{
    return (struct bytes){(const uint8_t *)b->data, b->length};
}

static void a_key_has_the_fingerprint_that_openssh_shows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char text[KEY_FINGERPRINT];
        cleanup_buf struct buf key = BUF_INIT(4096);
        read_key(keys[i].type, "", &key);
        key_fingerprint(bytes_of(&key), text);
        assert_string_equal(text, keys[i].fingerprint);
    }
}

static void a_certificate_has_its_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char text[KEY_FINGERPRINT];
        uint8_t one[KEY_DIGEST], other[KEY_DIGEST];
        cleanup_buf struct buf key = BUF_INIT(4096), certificate = BUF_INIT(4096);
        read_key(keys[i].type, "", &key);
        read_key(keys[i].type, "-cert", &certificate);
        key_fingerprint(bytes_of(&certificate), text);
        assert_string_equal(text, keys[i].fingerprint);
        key_digest(bytes_of(&key), one);
        key_digest(bytes_of(&certificate), other);
        assert_memory_not_equal(one, other, sizeof one);
    }
}

/* What is cut off is no certificate, and so nobody's key. */
static void half_a_certificate_has_a_fingerprint_of_its_own(void **state)
{
    (void)state;
    cleanup_buf struct buf certificate = BUF_INIT(4096);
    read_key("ed25519", "-cert", &certificate);
    for (size_t cut = 0; cut < 4 + 32 + 4 + 32 + 4 + 32; cut++) {
        char text[KEY_FINGERPRINT];
        key_fingerprint((struct bytes){(const uint8_t *)certificate.data, cut}, text);
        assert_string_not_equal(text, keys[0].fingerprint);
        assert_int_equal(strlen(text), KEY_FINGERPRINT - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_has_the_fingerprint_that_openssh_shows),
        cmocka_unit_test(a_certificate_has_its_keys),
        cmocka_unit_test(half_a_certificate_has_a_fingerprint_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
