/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/image/age.h"

#include <stdio.h>
#include <time.h>

#include "shared/cleanup.h"

enum { SECONDS_OF_DAY = 86400 };

long image_age_days(const char *created, long now)
{
    struct tm parts = {0};
    /* The engine writes UTC; what follows the seconds is of no interest. */
    if (!created || !strptime(created, "%Y-%m-%dT%H:%M:%S", &parts))
        return -1;
    const long then = (long)timegm(&parts);
    return then > now ? -1 : (now - then) / SECONDS_OF_DAY;
}

void print_bytes(json_int_t bytes, char *out, size_t size)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double value = (double)bytes;
    size_t unit = 0;
    for (; value >= 999.5 && unit + 1 < array_length(units); unit++)
        value /= 1000;
    (void)snprintf(out, size, unit > 0 && value < 9.95 ? "%.1f %s" : "%.0f %s", value,
                   units[unit]);
}
