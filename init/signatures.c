/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/signatures.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/cleanup.h"
#include "shared/io.h"
#include "shared/names.h"

static int add(json_t *line, const char *key, const char *text)
{
    return *text ? json_object_set_new(line, key, json_string(text)) : 0;
}

int signature_describe(const struct signature *signature, json_t *line)
{
    return add(line, "key", signature->key) < 0 ||
                   add(line, "comment", signature->comment) < 0 ||
                   add(line, "host_key", signature->host_key) < 0 ||
                   add(line, "user", signature->user) < 0 ||
                   add(line, "service", signature->service) < 0 ||
                   add(line, "namespace", signature->namespace) < 0
               ? -1
               : 0;
}

char *signature_print(const struct signature *signature, uint64_t number, time_t when)
{
    char text[sizeof "2025-01-31T12:00:00Z"] = "";
    struct tm utc;
    if (gmtime_r(&when, &utc))
        (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    json_t *line = json_pack("{s:I, s:s, s:s}", "number", (json_int_t)number, "time", text,
                             "result", signature_result_name(signature->result));
    char *printed = line && signature_describe(signature, line) == 0
                        ? json_dumps(line, JSON_PRESERVE_ORDER)
                        : NULL;
    json_decref(line);
    return printed;
}

int signature_note(const struct signature *signature, uint64_t number)
{
    struct stat st;
    cleanup_free char *text = signature_print(signature, number, time(NULL)), *line = NULL;
    if (!text || asprintf(&line, "%s\n", text) < 0) {
        line = NULL;
        return -1;
    }
    if (stat(BOX_SIGNATURES, &st) == 0 && st.st_size > SIGNATURES_FILE_MAX &&
        rename(BOX_SIGNATURES, BOX_SIGNATURES ".1") < 0)
        return -1;
    cleanup_fd int fd =
        open(BOX_SIGNATURES, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
    return fd < 0 ? -1 : write_all(fd, line, strlen(line));
}
