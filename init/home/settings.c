/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/home/settings.h"

#include <string.h>

#include "shared/names.h"

/* What Claude Code remembers of a key that its user agreed to: its end. */
enum { KEY_TAIL = 20 };

/* Ours over the user's, which both may be half of. Steals `ours`. */
static json_t *merge(const json_t *users, json_t *ours)
{
    json_t *merged = users ? json_deep_copy(users) : json_object();
    if (!merged || !ours || json_object_update_recursive(merged, ours) < 0) {
        json_decref(merged);
        merged = NULL;
    }
    json_decref(ours);
    return merged;
}

static const char *variable(const struct strings *environment, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = environment->count; i > 0; i--)
        if (strncmp(environment->items[i - 1], name, length) == 0 &&
            environment->items[i - 1][length] == '=')
            return environment->items[i - 1] + length + 1;
    return NULL;
}

/* --- Claude Code -------------------------------------------------------------------------- */

/* The box exists for folders that nobody trusts; to ask whether this one is would be in vain.
 */
static json_t *trusted_folders(const struct session *session)
{
    const char *const folders[] = {BOX_WORKSPACE, session->box.workdir};
    json_t *projects = json_object();
    for (size_t i = 0; i < array_length(folders); i++)
        if (json_object_set_new(projects, folders[i],
                                json_pack("{s:b}", "hasTrustDialogAccepted", 1)) < 0) {
            json_decref(projects);
            return NULL;
        }
    return projects;
}

static json_t *approved_keys(const struct strings *environment)
{
    const char *key = variable(environment, "ANTHROPIC_API_KEY");
    if (!key || !*key)
        return json_array();
    size_t length = strlen(key);
    return json_pack("[s]", length > KEY_TAIL ? key + length - KEY_TAIL : key);
}

static json_t *claude_state(const struct settings_input *input)
{
    const bool yolo = input->session->agent.yolo;
    /* The second: whether it shall ask less, which `yolo` says. */
    json_t *ours =
        json_pack("{s:b, s:b, s:o, s:{s:o}}", "hasCompletedOnboarding", 1,
                  "hasSeenAutoDefaultNudge", 1, "projects", trusted_folders(input->session),
                  "customApiKeyResponses", "approved", approved_keys(input->environment));
    json_t *account = input->claude_account ? json_loads(input->claude_account, 0, NULL) : NULL;
    if (ours && account && json_object_set(ours, "oauthAccount", account) < 0) {
        json_decref(ours);
        ours = NULL;
    }
    json_decref(account);
    if (ours && yolo &&
        json_object_set_new(ours, "bypassPermissionsModeAccepted", json_true()) < 0) {
        json_decref(ours);
        return NULL;
    }
    return merge(input->claude_state, ours);
}

/* The user's own choice, unless it is the one that `yolo` decides. */
static const char *permission_mode(const struct settings_input *input)
{
    static const char bypass[] = "bypassPermissions";
    if (input->session->agent.yolo)
        return bypass;
    const json_t *permissions = json_object_get(input->claude_settings, "permissions");
    const char *mode = json_string_value(json_object_get(permissions, "defaultMode"));
    return mode && strcmp(mode, bypass) != 0 ? mode : "default";
}

/* In front of the user's own, and beside them. */
static int add_stop_hook(json_t *settings, const struct settings_input *input)
{
    if (!input->turn_end)
        return 0;
    const json_t *users =
        json_object_get(json_object_get(input->claude_settings, "hooks"), "Stop");
    json_t *hooks =
        json_pack("[{s:[{s:s, s:s}]}]", "hooks", "type", "command", "command", input->turn_end);
    if (!hooks || (json_is_array(users) && json_array_extend(hooks, (json_t *)users) < 0)) {
        json_decref(hooks);
        return -1;
    }
    return json_object_set_new(settings, "hooks", json_pack("{s:o}", "Stop", hooks));
}

static json_t *claude_settings(const struct settings_input *input)
{
    json_t *ours = json_pack("{s:{s:s}, s:{s:s}}", "permissions", "defaultMode",
                             permission_mode(input), "env", "DISABLE_AUTOUPDATER", "1");
    int failed = !ours || add_stop_hook(ours, input) < 0;
    if (!failed && input->session->agent.yolo)
        failed = json_object_set_new(ours, "skipDangerousModePermissionPrompt", json_true());
    if (failed) {
        json_decref(ours);
        return NULL;
    }
    return merge(input->claude_settings, ours);
}

/* --- Codex -------------------------------------------------------------------------------- */

static json_t *codex_preferred(const struct settings_input *input)
{
    const struct session *session = input->session;
    return json_pack("{s:b, s:s, s:{s:b}, s:{s:{s:s}, s:{s:s}}}", "check_for_update_on_startup",
                     0, "approval_policy", session->agent.yolo ? "never" : "on-request",
                     "notice", "hide_full_access_warning", 1, "projects", BOX_WORKSPACE,
                     "trust_level", "trusted", session->box.workdir, "trust_level", "trusted");
}

static json_t *codex_enforced(const struct settings_input *input)
{
    /* Its own sandbox needs namespaces, which the box denies: the box is the sandbox. Where
     * else it might keep a login, nobody would find it again. */
    json_t *ours = json_pack("{s:s, s:s}", "sandbox_mode", "danger-full-access",
                             "cli_auth_credentials_store", "file");
    if (ours && input->turn_end &&
        json_object_set_new(ours, "notify",
                            json_pack("[s, s, s]", "/bin/sh", "-c", input->turn_end)) < 0) {
        json_decref(ours);
        return NULL;
    }
    return ours;
}

/* Codex takes a key from its login only. */
static json_t *codex_key(const struct settings_input *input)
{
    const char *key = variable(input->environment, "OPENAI_API_KEY");
    if (input->codex_login || !key || !*key)
        return json_null();
    return json_pack("{s:s, s:s}", "auth_mode", "apikey", "OPENAI_API_KEY", key);
}

const struct settings_file settings_files[] = {
    {".claude.json", SETTINGS_JSON, claude_state},
    {".claude/settings.json", SETTINGS_JSON, claude_settings},
    {".codex/auth.json", SETTINGS_JSON, codex_key},
    {"/etc/codex/config.toml", SETTINGS_TOML, codex_preferred},
    {"/etc/codex/managed_config.toml", SETTINGS_TOML, codex_enforced},
};
const size_t settings_file_count = array_length(settings_files);
