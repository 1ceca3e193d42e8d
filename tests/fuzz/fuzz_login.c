/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/home/token_file.c */
/* What an agent wrote as its login: whatever is taken can be kept and read back the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "init/home/token_file.h"
#include "shared/buf.h"
#include "shared/login.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void keep(const struct login *login, const char *bytes, size_t size)
{
    const char *at;
    size_t length;
    struct login back;
    cleanup_buf struct buf file = BUF_INIT(TOKEN_FILE_MAX);
    if (token_file_print(login, bytes, size, &file) < 0 ||
        token_file_parse(file.data, file.length, &back, &at, &length) < 0)
        abort();
    if (length != size || memcmp(at, bytes, size) != 0 || back.fresh != login->fresh ||
        strcmp(back.account, login->account) != 0 ||
        strcmp(back.identity, login->identity) != 0 ||
        strcmp(back.digest, login->digest) != 0 || strcmp(back.details, login->details) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *at;
    size_t length;
    struct login login;
    for (int agent = 0; agent < LOGIN_AGENTS; agent++) {
        struct error err = ERROR_INIT;
        if (login_parse((enum login_agent)agent, text, size, &login, &err) < 0)
            continue;
        login_parse_state(text, size, &login);
        keep(&login, text, size);
    }
    login = (struct login){0};
    login_parse_state(text, size, &login);
    (void)token_file_parse(text, size, &login, &at, &length);
    return 0;
}
