/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/signatures.c init/ssh/message.c init/ssh/wire.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "init/signatures.h"
#include "shared/cleanup.h"

static void a_line_says_what_is_known(void **state)
{
    (void)state;
    const struct signature login = {.result = SIGNATURE_MADE,
                                    .key = "SHA256:key",
                                    .comment = "me@work",
                                    .host_key = "SHA256:host",
                                    .user = "git",
                                    .service = "ssh-connection"};
    const struct signature message = {
        .result = SIGNATURE_HIDDEN, .key = "SHA256:key", .namespace = "git"};
    cleanup_free char *first = signature_print(&login, 7, 1738324800);
    assert_string_equal(first, "{\"number\": 7, \"time\": \"2025-01-31T12:00:00Z\", "
                               "\"result\": \"signed\", \"key\": \"SHA256:key\", "
                               "\"comment\": \"me@work\", \"host_key\": \"SHA256:host\", "
                               "\"user\": \"git\", \"service\": \"ssh-connection\"}");
    cleanup_free char *second = signature_print(&message, 8, 0);
    assert_string_equal(second, "{\"number\": 8, \"time\": \"1970-01-01T00:00:00Z\", "
                                "\"result\": \"hidden\", \"key\": \"SHA256:key\", "
                                "\"namespace\": \"git\"}");
}

/* One line a signature, whatever is in it. */
static void texts_stay_in_their_line(void **state)
{
    (void)state;
    const struct signature odd = {.key = "k", .comment = "\"}\n{\"a\": \"\xc3\xb6"};
    cleanup_free char *line = signature_print(&odd, 1, 0);
    assert_null(strchr(line, '\n'));
    assert_non_null(strstr(line, "\\\"}\\n{\\\"a\\\": \\\"\xc3\xb6\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_says_what_is_known),
        cmocka_unit_test(texts_stay_in_their_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
