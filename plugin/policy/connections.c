/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/policy/connections.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/terminal/output.h"
#include "shared/cleanup.h"

static json_int_t number_of(const json_t *json, const char *key)
{
    return json_integer_value(json_object_get(json, key));
}

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text ? text : "";
}

static json_t *same_host(const json_t *hosts, const char *name, json_int_t port)
{
    size_t i;
    json_t *host;
    json_array_foreach(hosts, i, host)
    {
        if (number_of(host, "port") == port && strcmp(text_of(host, "host"), name) == 0)
            return host;
    }
    return NULL;
}

static int by_bytes(const void *a, const void *b)
{
    json_t *const *first = a, *const *second = b;
    const json_int_t x = number_of(*first, "up") + number_of(*first, "down"),
                     y = number_of(*second, "up") + number_of(*second, "down");
    return (x < y) - (x > y);
}

static json_t *sorted(const json_t *hosts)
{
    const size_t count = json_array_size(hosts);
    cleanup_free json_t **items = calloc(count ? count : 1, sizeof(json_t *));
    json_t *list = items ? json_array() : NULL;
    for (size_t i = 0; list && i < count; i++)
        items[i] = json_array_get(hosts, i);
    if (list)
        qsort(items, count, sizeof(json_t *), by_bytes);
    for (size_t i = 0; list && i < count; i++)
        (void)json_array_append(list, items[i]);
    return list;
}

json_t *connections_by_host(const json_t *list)
{
    json_t *hosts = json_array();
    size_t i;
    const json_t *one;
    json_array_foreach(list, i, one)
    {
        const char *name = text_of(one, "name");
        json_t *host = same_host(hosts, name, number_of(one, "port"));
        json_t *sum =
            json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "host", name, "port",
                      number_of(one, "port"), "count", number_of(host, "count") + 1, "up",
                      number_of(host, "up") + number_of(one, "up"), "down",
                      number_of(host, "down") + number_of(one, "down"), "age",
                      number_of(host, "age") > number_of(one, "age") ? number_of(host, "age")
                                                                     : number_of(one, "age"));
        if (host && sum)
            (void)json_object_update(host, sum);
        else if (sum)
            (void)json_array_append(hosts, sum);
        json_decref(sum);
    }
    json_t *ordered = sorted(hosts);
    json_decref(hosts);
    return ordered;
}

void connections_bytes(uint64_t bytes, char *out, size_t size)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
    double value = (double)bytes / 1000;
    size_t unit = 0;
    if (bytes < 1000) {
        (void)snprintf(out, size, "%llu B", (unsigned long long)bytes);
        return;
    }
    for (; value >= 999.95 && unit + 1 < array_length(units); unit++)
        value /= 1000;
    (void)snprintf(out, size, "%.1f %s", value, units[unit]);
}

void connections_line(const json_t *host, char *out, size_t size)
{
    char up[32], down[32], age[32];
    const json_int_t count = number_of(host, "count");
    connections_bytes((uint64_t)number_of(host, "up"), up, sizeof up);
    connections_bytes((uint64_t)number_of(host, "down"), down, sizeof down);
    output_age((long)number_of(host, "age"), age, sizeof age);
    (void)snprintf(out, size, "%s:%d: %d connection%s, %s down, %s up, %s",
                   text_of(host, "host"), (int)number_of(host, "port"), (int)count,
                   count == 1 ? "" : "s", down, up, age);
}
