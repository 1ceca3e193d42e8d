/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "shared/names.h"

__attribute__((format(printf, 3, 0))) static void set(struct error *err, int status,
                                                      const char *fmt, va_list args)
{
    err->status = status;
    (void)vsnprintf(err->text, sizeof err->text, fmt, args);
}

int error_set(struct error *err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    set(err, EXIT_CLAUDEX, fmt, args);
    va_end(args);
    return -1;
}

int error_usage(struct error *err, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    set(err, EXIT_USAGE, fmt, args);
    va_end(args);
    return -1;
}

int error_errno(struct error *err, const char *fmt, ...)
{
    int number = errno;
    va_list args;
    va_start(args, fmt);
    set(err, EXIT_CLAUDEX, fmt, args);
    va_end(args);
    size_t used = strlen(err->text);
    (void)snprintf(err->text + used, sizeof err->text - used, ": %s", strerror(number));
    errno = number;
    return -1;
}

int error_prefix(struct error *err, const char *fmt, ...)
{
    char old[ERROR_TEXT_MAX];
    memcpy(old, err->text, sizeof old);
    int status = err->status;
    va_list args;
    va_start(args, fmt);
    set(err, status, fmt, args);
    va_end(args);
    size_t used = strlen(err->text);
    (void)snprintf(err->text + used, sizeof err->text - used, ": %s", old);
    return -1;
}
