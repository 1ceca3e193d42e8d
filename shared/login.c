/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/login.h"

#include <jansson.h>
#include <sha2.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "shared/cleanup.h"
#include "shared/jwt.h"
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

/* None of these has a byte below ' ', so that two lists of them have one text each only if they
 * are the same. */
static void digest(struct login *login, const json_t *object, const char *const *keys,
                   size_t count)
{
    SHA2_CTX hash;
    SHA256Init(&hash);
    for (size_t i = 0; i < count; i++) {
        const char *text = text_at(object, keys[i]);
        if (text)
            SHA256Update(&hash, (const uint8_t *)text, strlen(text));
        SHA256Update(&hash, (const uint8_t *)"\n", 1);
    }
    (void)SHA256End(&hash, login->digest);
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
    static const char *const secrets[] = {"accessToken", "refreshToken"};
    digest(login, oauth, secrets, array_length(secrets));
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

/* Account and user, as the claims of OpenAI's id and access tokens have them. */
struct claims {
    char account[LOGIN_ACCOUNT_MAX], user[LOGIN_ACCOUNT_MAX];
};

static void read_claims(const char *token, struct claims *claims)
{
    json_t *payload = token ? jwt_claims(token) : NULL;
    const json_t *own = json_object_get(payload, "https://api.openai.com/auth");
    const char *account = text_at(own, "chatgpt_account_id"),
               *user = text_at(own, "chatgpt_user_id");
    if (!user)
        user = text_at(payload, "sub");
    if (account)
        (void)term_quote(claims->account, sizeof claims->account, account, strlen(account));
    if (user)
        (void)term_quote(claims->user, sizeof claims->user, user, strlen(user));
    json_decref(payload);
}

static bool differ(const char *a, const char *b)
{
    return *a && *b && strcmp(a, b) != 0;
}

/* Both tokens say whose they are, and have to say the same. */
static int identify(const json_t *tokens, struct login *login, struct error *err)
{
    struct claims id = {.account = ""}, access = {.account = ""};
    read_claims(text_at(tokens, "id_token"), &id);
    read_claims(text_at(tokens, "access_token"), &access);
    const char *account = text_at(tokens, "account_id");
    if (differ(id.account, access.account) || differ(id.user, access.user) ||
        (account && differ(id.account, account)))
        return error_set(err, "its tokens are of different accounts");
    if (*id.account)
        (void)snprintf(login->identity, sizeof login->identity, "%.120s %.120s", id.account,
                       id.user);
    return 0;
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
        static const char *const secrets[] = {"access_token", "refresh_token"};
        digest(login, tokens, secrets, array_length(secrets));
        name_account(login, text_at(tokens, "account_id"));
        return identify(tokens, login, err);
    }
    static const char *const secrets[] = {"OPENAI_API_KEY"};
    if (!key)
        return error_set(err, "it has neither tokens nor an API key");
    digest(login, root, secrets, array_length(secrets));
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
