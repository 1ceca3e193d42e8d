/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/policy/denial.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "plugin/policy/wide.h"
#include "shared/log.h"

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text ? text : "";
}

static bool is_asked(const json_t *item)
{
    return json_is_true(json_object_get(item, "asked"));
}

char *denial_via(const json_t *item, char *out, size_t size)
{
    const json_t *via;
    size_t i, used = 0;
    out[0] = '\0';
    json_array_foreach(json_object_get(item, "via"), i, via)
    {
        const char *word = json_string_value(via);
        int n = snprintf(out + used, size - used, "%s%s", used ? ", " : "", word ? word : "");
        if (n < 0 || (used += (size_t)n) >= size)
            return out;
    }
    if (is_asked(item))
        (void)snprintf(out + used, size - used, "%sasked", used ? ", " : "");
    return out;
}

bool denial_has_command(const json_t *item)
{
    char wide[WIDE_TEXT_MAX];
    const char *allow = text_of(item, "allow");
    return *allow && !*text_of(item, "denied") && !*text_of(item, "fault") &&
           !wide_pattern(allow, wide);
}

char *denial_remedy(const json_t *item, const char *program, char *out, size_t size)
{
    char host[600], wide[WIDE_TEXT_MAX];
    const char *allow = text_of(item, "allow"), *denied = text_of(item, "denied"),
               *by_hand = text_of(item, "by_hand"), *fault = text_of(item, "fault");
    if (*denied || *by_hand)
        allow = *denied ? denied : by_hand;
    term_quote(host, sizeof host, allow, strlen(allow));
    if (*fault)
        (void)snprintf(out, size, "no allow helps: %s",
                       term_quote(host, sizeof host, fault, strlen(fault)));
    else if (*denied)
        (void)snprintf(out, size, "denied by the configuration: deny = %s", host);
    else if (*by_hand)
        (void)snprintf(out, size, "%s deny --undo '%s'", program, host);
    else if (!*allow)
        (void)snprintf(out, size, "only in the mode open");
    else if (wide_pattern(allow, wide))
        (void)snprintf(out, size, "too wide to be offered: %s", wide);
    else
        (void)snprintf(out, size, "%s allow %s%s%s", program, strchr(host, '*') ? "'" : "",
                       host, strchr(host, '*') ? "'" : "");
    return out;
}

/* What goes before the remedy in a line. */
static const char *lead_to(const json_t *item)
{
    if (denial_has_command(item))
        return "to allow it: ";
    return *text_of(item, "denied") || *text_of(item, "allow") || *text_of(item, "fault")
               ? ""
               : "it passes ";
}

char *denial_line(const json_t *item, const char *program, char *out, size_t size)
{
    char host[600], reason[300], remedy[800], via[80];
    const char *how = lead_to(item);
    const char *name = text_of(item, "host"), *why = text_of(item, "reason");
    term_quote(host, sizeof host, name, strlen(name));
    term_quote(reason, sizeof reason, why, strlen(why));
    denial_remedy(item, program, remedy, sizeof remedy);
    if (is_asked(item))
        /* Its words come last: before the command they could pass for one of ours. */
        (void)snprintf(out, size, "the agent asks for %s; %s%s%s%s", host, how, remedy,
                       *reason ? "; in its words: " : "", reason);
    else
        (void)snprintf(out, size, "refused %s (%s); %s%s", host,
                       denial_via(item, via, sizeof via), how, remedy);
    return out;
}
