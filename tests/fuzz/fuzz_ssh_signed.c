/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/ssh/signed.c init/ssh/wire.c init/ssh/key.c */
/* What a client wants signed, and keys. What is read lies in what was given; a fingerprint is
 * one whatever the key. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "init/ssh/key.h"
#include "init/ssh/signed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool promise)
{
    if (!promise)
        abort();
}

static void within(struct bytes part, struct bytes whole)
{
    must(part.length == 0 ||
         (part.data >= whole.data && part.data + part.length <= whole.data + whole.length));
}

static void fingerprint(struct bytes key)
{
    char text[KEY_FINGERPRINT];
    key_fingerprint(key, text);
    must(strlen(text) == KEY_FINGERPRINT - 1 && strncmp(text, "SHA256:", 7) == 0);
    must(strspn(text + 7, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") ==
         KEY_FINGERPRINT - 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    must(copy != NULL);
    memcpy(copy + 1, data, size);
    const struct bytes all = {copy + 1, size};
    struct signed_data parsed;
    signed_parse(all, &parsed);
    const struct bytes login[] = {parsed.session, parsed.user, parsed.service, parsed.key,
                                  parsed.host_key};
    for (size_t i = 0; i < sizeof login / sizeof login[0]; i++) {
        within(login[i], all);
        must(parsed.kind == SIGNED_LOGIN || login[i].length == 0);
    }
    within(parsed.namespace, all);
    must((parsed.kind == SIGNED_MESSAGE) == (parsed.namespace.length > 0));
    fingerprint(all);
    if (parsed.kind == SIGNED_LOGIN) {
        fingerprint(parsed.key);
        fingerprint(parsed.host_key);
    }
    free(copy);
    return 0;
}
