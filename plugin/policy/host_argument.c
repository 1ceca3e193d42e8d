/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/policy/host_argument.h"

#include <stdio.h>
#include <string.h>

#include "plugin/policy/idn.h"
#include "shared/control.h"
#include "shared/log.h"
#include "shared/parse.h"

static int is_pattern(const char *text)
{
    struct host_pattern ignored;
    return parse_host_pattern(text, &ignored, NULL) == 0;
}

/* Usual ports say nothing: 443 and 80 are meant anyway. */
static void drop_usual_port(char *host)
{
    char *colon = strrchr(host, ':');
    if (colon && (strcmp(colon, ":443") == 0 || strcmp(colon, ":80") == 0))
        *colon = '\0';
}

int host_argument_guess(const char *text, char out[HOST_ARGUMENT_MAX])
{
    static const struct {
        const char *scheme, *port;
    } schemes[] = {{"ssh://", ":22"}, {"git://", ":9418"}, {"ftp://", ":21"}};
    const char *port = "", *scheme = strstr(text, "://"), *at;
    const char *host = scheme ? scheme + 3 : text + strspn(text, " \t");
    for (size_t i = 0; i < array_length(schemes); i++)
        if (strncmp(text, schemes[i].scheme, strlen(schemes[i].scheme)) == 0)
            port = schemes[i].port;
    size_t length = strcspn(host, "/?# \t");
    if ((at = memchr(host, '@', length))) { /* user@host, and git's user@host:path */
        length -= (size_t)(at + 1 - host);
        host = at + 1;
        port = *port || !scheme ? ":22" : "";
        if (!scheme)
            length = strcspn(host, ":/ \t");
    }
    while (length > 1 && host[length - 1] == '.')
        length--;
    if (length == 0 || length + strlen(port) >= HOST_ARGUMENT_MAX)
        return -1;
    (void)snprintf(out, HOST_ARGUMENT_MAX, "%.*s", (int)length, host);
    drop_usual_port(out);
    const size_t used = strlen(out);
    if (!strchr(out, ':'))
        (void)snprintf(out + used, HOST_ARGUMENT_MAX - used, "%s", port);
    char *dot = strstr(out, ".:"); /* example.com.:8080 */
    if (dot)
        memmove(dot, dot + 1, strlen(dot));
    struct error ignored = ERROR_INIT;
    char typed[HOST_ARGUMENT_MAX];
    (void)snprintf(typed, sizeof typed, "%s", out);
    if (idn_is_needed(typed) && idn_convert(typed, out, HOST_ARGUMENT_MAX, &ignored) < 0)
        return -1;
    return is_pattern(out) && strcmp(out, text) != 0 ? 0 : -1;
}

/* HOST:1000-2000 */
static int is_range(const char *text)
{
    const char *colon = strrchr(text, ':');
    const char *digits = "0123456789";
    size_t first = colon ? strspn(colon + 1, digits) : 0;
    return first > 0 && (colon[1 + first] == '-' || colon[1 + first] == ',') &&
           strspn(colon + 2 + first, digits) > 0;
}

int host_argument(const char *text, const char *command, char out[HOST_ARGUMENT_MAX],
                  struct error *err)
{
    char guess[HOST_ARGUMENT_MAX];
    const char *why = "not a host";
    struct host_pattern ignored;
    struct error unconverted = ERROR_INIT;
    if (parse_host_pattern(text, &ignored, &why) == 0) {
        (void)snprintf(out, HOST_ARGUMENT_MAX, "%s", text);
        return 0;
    }
    if (idn_is_needed(text) && idn_convert(text, out, HOST_ARGUMENT_MAX, &unconverted) == 0 &&
        parse_host_pattern(out, &ignored, &why) == 0)
        return 0;
    if (is_range(text))
        return error_usage(err, "'%s' has a range of ports; say `%s` once for each port",
                           quoted(text), command);
    if (host_argument_guess(text, guess) == 0)
        return error_usage(err, "'%s': %s\ndid you mean: %s %s", quoted(text), why, command,
                           guess);
    return error_usage(err, "'%s': %s%s%s", quoted(text), why,
                       *unconverted.text ? "; libidn2 says: " : "", unconverted.text);
}

int duration_argument(const char *text, uint32_t *seconds, struct error *err)
{
    uint64_t value;
    if (parse_duration(text, &value) == 0 && value <= CONTROL_NUMBER_MAX) {
        *seconds = (uint32_t)value;
        return 0;
    }
    if (*text && strspn(text, "0123456789") == strlen(text))
        return error_usage(err, "--for %s: of what? %ss, %sm, %sh or %sd", quoted(text),
                           quoted(text), quoted(text), quoted(text), quoted(text));
    return error_usage(err, "--for %s: expected a duration, 90s, 10m, 2h or 1d", quoted(text));
}
