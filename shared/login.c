/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/login.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "shared/cleanup.h"
#include "shared/log.h"

const struct login_place login_places[LOGIN_AGENTS] = {
    [LOGIN_CLAUDE] = {"claude", "Claude Code", ".claude", ".credentials.json", ".claude.json",
                      "claude.json"},
    [LOGIN_CODEX] = {"codex", "Codex", ".codex", "auth.json", NULL, "codex.json"},
};

enum { SECRET_MAX = 16 << 10, TIME_TEXT = sizeof "2025-01-31T12:00:00" - 1 };

static const char *text_at(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* A token as it stands in a header: printable, no blank. */
static bool is_secret(const char *text)
{
    if (!text || !*text || strlen(text) > SECRET_MAX)
        return false;
    for (; *text; text++)
        if (*text <= ' ' || *text > '~')
            return false;
    return true;
}

static bool is_secret_or_none(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return !value || json_is_null(value) || is_secret(json_string_value(value));
}

static void name_account(struct login *login, const char *name)
{
    if (name)
        (void)term_quote(login->account, sizeof login->account, name, strlen(name));
}

static int parse_claude(const json_t *root, struct login *login, struct error *err)
{
    const json_t *oauth = json_object_get(root, "claudeAiOauth");
    const json_t *expires = json_object_get(oauth, "expiresAt");
    if (!is_secret(text_at(oauth, "accessToken")) || !is_secret_or_none(oauth, "refreshToken"))
        return error_set(err, "it has no access token where Claude Code keeps one");
    if (expires && !json_is_null(expires) && !json_is_integer(expires))
        return error_set(err, "the token's end is no number");
    login->fresh = json_integer_value(expires);
    name_account(login, text_at(root, "organizationUuid"));
    return 0;
}

/* RFC 3339 as Codex writes it: UTC, a fraction of any length. 0 for anything else. */
static int64_t milliseconds(const char *text)
{
    struct tm when = {0};
    char head[TIME_TEXT + 1];
    if (!text || strlen(text) <= TIME_TEXT || strlen(text) > TIME_TEXT + 12)
        return 0;
    memcpy(head, text, TIME_TEXT);
    head[TIME_TEXT] = '\0';
    const char *end = strptime(head, "%Y-%m-%dT%H:%M:%S", &when);
    if (!end || *end)
        return 0;
    int64_t result = (int64_t)timegm(&when) * 1000;
    const char *fraction = text + TIME_TEXT;
    if (*fraction != '.')
        return *fraction == 'Z' ? result : 0;
    for (int64_t unit = 100; *++fraction >= '0' && *fraction <= '9'; unit /= 10)
        result += unit * (*fraction - '0');
    return *fraction == 'Z' ? result : 0;
}

static int parse_codex(const json_t *root, struct login *login, struct error *err)
{
    const json_t *tokens = json_object_get(root, "tokens");
    const char *key = text_at(root, "OPENAI_API_KEY");
    if (!is_secret_or_none(root, "OPENAI_API_KEY"))
        return error_set(err, "its API key is no key");
    if (json_is_object(tokens)) {
        if (!is_secret(text_at(tokens, "access_token")) ||
            !is_secret_or_none(tokens, "refresh_token"))
            return error_set(err, "it has no access token where Codex keeps one");
        login->fresh = milliseconds(text_at(root, "last_refresh"));
        name_account(login, text_at(tokens, "account_id"));
        return 0;
    }
    if (!key)
        return error_set(err, "it has neither tokens nor an API key");
    name_account(login, "an API key");
    return 0;
}

int login_parse(enum login_agent agent, const char *bytes, size_t length, struct login *login,
                struct error *err)
{
    *login = (struct login){0};
    if (length > LOGIN_FILE_MAX)
        return error_set(err, "it is larger than %d bytes", LOGIN_FILE_MAX);
    json_t *root = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(root)) {
        json_decref(root);
        return error_set(err, "it is no JSON object");
    }
    int failed = (agent == LOGIN_CLAUDE ? parse_claude : parse_codex)(root, login, err);
    json_decref(root);
    return failed;
}

void login_parse_state(const char *bytes, size_t length, struct login *login)
{
    static const char *const shown[] = {"accountUuid", "emailAddress", "organizationUuid",
                                        "organizationName", "displayName"};
    json_t *root = length <= LOGIN_STATE_MAX ? json_loadb(bytes, length, 0, NULL) : NULL;
    const json_t *account = json_object_get(root, "oauthAccount");
    json_t *details = json_object();
    for (size_t i = 0; i < array_length(shown); i++) {
        const char *text = text_at(account, shown[i]);
        if (text && strlen(text) < LOGIN_ACCOUNT_MAX)
            (void)json_object_set_new(details, shown[i], json_string(text));
    }
    const char *name = text_at(details, "emailAddress");
    cleanup_free char *text = json_object_size(details) ? json_dumps(details, 0) : NULL;
    if (text && strlen(text) < sizeof login->details) {
        (void)snprintf(login->details, sizeof login->details, "%s", text);
        name_account(login, name ? name : text_at(details, "accountUuid"));
    }
    json_decref(details);
    json_decref(root);
}
