/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/session/spec.h"

#include <limits.h>
#include <sha2.h>
#include <stdio.h>
#include <string.h>

#include "plugin/session/spec_network.h"
#include "plugin/trail.h"
#include "shared/buf.h"
#include "shared/capabilities.h"
#include "shared/cleanup.h"
#include "shared/config.h"
#include "shared/names.h"

enum {
    SHM_BYTES = 256 << 20, /* the engine's 64 MiB are too little for browsers under test */
};

/* --- parts ---------------------------------------------------------------------------- */

static json_t *capability_names(void)
{
    json_t *names = json_array();
    for (size_t i = 0; i < capability_count; i++)
        if (json_array_append_new(names, json_string(capabilities[i].name)) < 0) {
            json_decref(names);
            return NULL;
        }
    return names;
}

static json_t *words(const char *const *argv)
{
    json_t *list = json_array();
    for (; argv && *argv; argv++)
        if (json_array_append_new(list, json_string(*argv)) < 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* The container's host name: what is left of the box's name when what all boxes share is gone,
 * as sethostname(2) takes it (letters, digits and hyphens, 63 bytes; RFC 1123 2.1). */
static void host_name(const char *box, char out[64])
{
    static const char prefix[] = "claudex-";
    size_t length = 0;
    if (strncmp(box, prefix, sizeof prefix - 1) == 0 && box[sizeof prefix - 1] != '\0')
        box += sizeof prefix - 1;
    for (; *box && length < 63; box++) {
        char c = *box == '_' || *box == '.' ? '-' : *box;
        if (c != '-' || length > 0)
            out[length++] = c;
    }
    while (length > 0 && out[length - 1] == '-')
        length--;
    out[length] = '\0';
}

/*
 * Never Binds: those make an empty root-owned folder of a source that has vanished. Read-only
 * mounts are not recursive, because below them engines before 25 leave mounts writable; nor is
 * the source of an idmapped one, which has nothing below it.
 */
static json_t *bind_mount(const char *source, const char *target, bool read_only, bool alone)
{
    return json_pack("{s:s, s:s, s:s, s:b, s:{s:s, s:b}}", "Type", "bind", "Source", source,
                     "Target", target, "ReadOnly", (int)read_only, "BindOptions", "Propagation",
                     "rprivate", "NonRecursive", (int)alone);
}

/* The volume of the box's name, which the create makes where it is not there. It is nobody's
 * copy of a folder of the image: NoCopy saves the engine looking for one. */
static json_t *volume(const char *name, const char *target, const char *label,
                      const char *value)
{
    return json_pack("{s:s, s:s, s:s, s:b, s:{s:b, s:{s:s}}}", "Type", "volume", "Source", name,
                     "Target", target, "ReadOnly", 0, "VolumeOptions", "NoCopy", 1, "Labels",
                     label, value);
}

static json_t *state_volume(const char *box)
{
    cleanup_free char *name = NULL;
    if (asprintf(&name, STATE_VOLUME_PREFIX "%s", box) < 0) {
        name = NULL;
        return NULL;
    }
    return volume(name, BOX_STATE_DIR, LABEL_BOX, box);
}

/* Read-only: that of a folder keeps nobody from connecting to what is in it. */
static json_t *ssh_mount(const struct spec_input *input)
{
    char target[sizeof BOX_SSH_DIR + NAME_MAX + 1] = BOX_SSH_DIR;
    if (!input->ssh_folder)
        (void)snprintf(target, sizeof target, BOX_SSH_DIR "/%s", input->session->box.ssh);
    return bind_mount(input->ssh_source, target, true, true);
}

/* Of one project: whichever box it is in, its trail goes on. */
static json_t *audit_volume(const struct mount *mount)
{
    cleanup_free char *name = trail_volume(mount->project);
    const char *folder = strrchr(mount->destination, '/');
    return !name
               ? NULL
               : json_pack("{s:s, s:s, s:o, s:b, s:{s:b, s:{s:s}}}", "Type", "volume", "Source",
                           name, "Target", json_sprintf(BOX_AUDIT "%s", folder), "ReadOnly", 0,
                           "VolumeOptions", "NoCopy", 1, "Labels", LABEL_AUDIT, mount->project);
}

static bool is_audit(const json_t *mount)
{
    const char *target = json_string_value(json_object_get(mount, "Target"));
    return target && strncmp(target, BOX_AUDIT "/", sizeof BOX_AUDIT) == 0;
}

bool spec_has_trail(const json_t *mounts)
{
    size_t i;
    json_t *mount;
    json_array_foreach((json_t *)mounts, i, mount)
    {
        if (is_audit(mount))
            return true;
    }
    return false;
}

/* Where PID 1's own mounts lie: by them no two boxes differ in what was asked for. */
static bool is_asked_for(const json_t *mount)
{
    const char *target = json_string_value(json_object_get(mount, "Target"));
    return !target || (strncmp(target, BOX_PRIVATE "/", sizeof BOX_PRIVATE) != 0 &&
                       strcmp(target, BOX_INIT) != 0 && strcmp(target, BOX_SKILLS) != 0 &&
                       !is_audit(mount));
}

json_t *spec_asked_mounts(const json_t *mounts)
{
    size_t i;
    json_t *mount, *asked = json_array();
    json_array_foreach((json_t *)mounts, i, mount)
    {
        if (is_asked_for(mount) && json_array_append(asked, mount) < 0) {
            json_decref(asked);
            return NULL;
        }
    }
    return asked;
}

static int by_destination(const void *a, const void *b)
{
    const struct mount *const *left = a, *const *right = b;
    return strcmp((*left)->destination, (*right)->destination);
}

/* Sorted, so that folders given in another order are the same box. */
static json_t *mounts(const struct spec_input *input)
{
    const struct session *session = input->session;
    const size_t count = session->box.mount_count;
    const struct mount **sorted = calloc(count + 1, sizeof *sorted);
    json_t *list = json_array();
    int failed = !sorted || !list;
    for (size_t i = 0; !failed && i < count; i++)
        sorted[i] = &session->box.mounts[i];
    if (!failed)
        qsort(sorted, count, sizeof *sorted, by_destination);
    for (size_t i = 0; !failed && i < count; i++)
        failed = json_array_append_new(
            list, bind_mount(sorted[i]->source, sorted[i]->destination, sorted[i]->read_only,
                             sorted[i]->read_only || sorted[i]->idmapped));
    if (!failed && input->init)
        failed = json_array_append_new(list, bind_mount(input->init, BOX_INIT, true, true));
    if (!failed && input->control_dir)
        failed = json_array_append_new(
            list, bind_mount(input->control_dir, BOX_CONTROL_DIR, false, true));
    if (!failed && input->ssh_source)
        failed = json_array_append_new(list, ssh_mount(input));
    if (!failed)
        failed = json_array_append_new(list, state_volume(session->box.name));
    for (size_t i = 0; !failed && session->git.track && i < count; i++)
        if (sorted[i]->project)
            failed = json_array_append_new(list, audit_volume(sorted[i]));
    if (!failed && session->skills.volume)
        failed = json_array_append_new(
            list, volume(session->skills.volume, BOX_SKILLS, LABEL_KIND, "skills"));
    if (!failed && session->tokens.volume)
        failed = json_array_append_new(
            list, volume(session->tokens.volume, BOX_TOKENS_DIR, LABEL_KIND, "tokens"));
    free(sorted);
    if (failed)
        json_decref(list);
    return failed ? NULL : list;
}

static json_t *host_config(const struct spec_input *input)
{
    const struct session *session = input->session;
    /* In parts: privileges; resources; the rest. Where an engine's default could differ
     * (daemon.json: init, userns, cgroup namespace), the value is spelled out. */
    json_t *host =
        json_pack("{s:o, s:[s], s:o, s:[s], s:b, s:b, s:b}", "Mounts", mounts(input), "CapDrop",
                  "ALL", "CapAdd", capability_names(), "SecurityOpt", "no-new-privileges",
                  "Privileged", 0, "Init", 0, "ReadonlyRootfs", 0);
    json_t *resources =
        json_pack("{s:I, s:I, s:I, s:I}", "PidsLimit",
                  (json_int_t)(session->run.pids ? session->run.pids : SESSION_PIDS_DEFAULT),
                  "Memory", (json_int_t)session->run.memory, "NanoCpus",
                  (json_int_t)session->run.cpus * 1000000, "ShmSize", (json_int_t)SHM_BYTES);
    json_t *rest = json_pack(
        "{s:s, s:o, s:o, s:s, s:s, s:b, s:{s:s}, s:{s:s, s:{s:s, s:s}}}", "NetworkMode",
        session->network.host ? "host" : NETWORK_NAME, "ExtraHosts", spec_extra_hosts(session),
        "PortBindings", spec_port_bindings(session), "IpcMode", "private", "CgroupnsMode",
        "private", "AutoRemove", (int)input->remove, "RestartPolicy", "Name", "no", "LogConfig",
        "Type", "json-file", "Config", "max-size", "10m", "max-file", "3");
    int failed =
        !host || json_object_update(host, resources) < 0 || json_object_update(host, rest) < 0;
    if (!failed && session->run.runtime)
        failed = json_object_set_new(host, "Runtime", json_string(session->run.runtime));
    if (!failed && input->tty && input->rows > 0)
        failed = json_object_set_new(
            host, "ConsoleSize", json_pack("[i, i]", (int)input->rows, (int)input->columns));
    json_decref(resources);
    json_decref(rest);
    if (failed)
        json_decref(host);
    return failed ? NULL : host;
}

/* Of the host's keys, which: "all keys", or what chooses them; and how. */
static json_t *ssh_label(const struct session *session)
{
    cleanup_buf struct buf text = BUF_INIT(CONFIG_FILE_MAX);
    const struct strings *keys = &session->ssh.keys;
    int failed = keys->count == 0 ? buf_puts(&text, "all keys") : 0;
    for (size_t i = 0; i < keys->count && !failed; i++)
        failed = buf_printf(&text, "%s%s", i ? ", " : "", keys->items[i]);
    if (!failed && session->ssh.limit > 0)
        failed = buf_printf(&text, "; at most %u a minute", session->ssh.limit);
    if (!failed && !session->ssh.log)
        failed = buf_puts(&text, "; not logged");
    if (!failed && session->ssh.confirm)
        failed = buf_puts(&text, "; each confirmed");
    return failed ? NULL : json_string(text.data);
}

static json_t *labels(const struct spec_input *input)
{
    const struct session *session = input->session;
    json_t *labels =
        json_pack("{s:s, s:s, s:s, s:s, s:s}", LABEL_BOX, session->box.name, LABEL_VERSION,
                  session->box.version, LABEL_FOLDERS, input->folders_json, LABEL_AGENT,
                  input->agent, LABEL_NETWORK, network_mode_name(session->network.mode));
    if (labels && input->packages &&
        json_object_set_new(labels, LABEL_PACKAGES, json_string(input->packages)) < 0) {
        json_decref(labels);
        return NULL;
    }
    if (session->ssh.agent && json_object_set_new(labels, LABEL_SSH, ssh_label(session)) < 0) {
        json_decref(labels);
        return NULL;
    }
    return labels;
}

/* Only what is harmless to show: everybody who may inspect a container sees it. */
static json_t *environment(const struct spec_input *input)
{
    json_t *list = json_array();
    if (input->tty && input->term &&
        json_array_append_new(list, json_sprintf("TERM=%s", input->term)) < 0) {
        json_decref(list);
        return NULL;
    }
    return list;
}

/* --- whole ---------------------------------------------------------------------------- */

json_t *spec_container(const struct spec_input *input)
{
    char host[64], hash[65];
    host_name(input->session->box.name, host);
    json_t *spec =
        json_pack("{s:s, s:s, s:s, s:[s], s:o, s:s, s:o}", "Image", input->image, "Hostname",
                  host, "User", "0:0", "Entrypoint", BOX_INIT, "Cmd", words(input->command),
                  "WorkingDir", "/", "Env", environment(input));
    const int in = input->attach && input->open_stdin, out = input->attach;
    json_t *terminal =
        json_pack("{s:b, s:b, s:b, s:b, s:b, s:b}", "Tty", (int)input->tty, "OpenStdin",
                  (int)input->open_stdin, "StdinOnce", in && !input->tty, "AttachStdin", in,
                  "AttachStdout", out, "AttachStderr", out);
    json_t *rest =
        json_pack("{s:s, s:{s:[s]}, s:o, s:o, s:o}", "StopSignal", "SIGTERM", "Healthcheck",
                  "Test", "NONE", "ExposedPorts", spec_exposed_ports(input->session), "Labels",
                  labels(input), "HostConfig", host_config(input));
    int failed =
        !spec || json_object_update(spec, terminal) < 0 || json_object_update(spec, rest) < 0 ||
        spec_hash(spec, hash) < 0 ||
        json_object_set_new(json_object_get(spec, "Labels"), LABEL_SPEC, json_string(hash)) < 0;
    json_decref(terminal);
    json_decref(rest);
    if (failed)
        json_decref(spec);
    return failed ? NULL : spec;
}

int spec_hash(const json_t *spec, char out[65])
{
    static const char *const session_only[] = {
        "Hostname",  "Cmd",         "Env",          "Tty",          "OpenStdin",
        "StdinOnce", "AttachStdin", "AttachStdout", "AttachStderr", "Labels",
    };
    json_t *asked = json_copy((json_t *)spec);
    json_t *host = json_copy(json_object_get(spec, "HostConfig"));
    const json_t *mode = json_object_get(json_object_get(spec, "Labels"), LABEL_NETWORK);
    json_t *packages = json_object_get(json_object_get(spec, "Labels"), LABEL_PACKAGES);
    const json_t *ssh = json_object_get(json_object_get(spec, "Labels"), LABEL_SSH);
    for (size_t i = 0; i < array_length(session_only); i++)
        (void)json_object_del(asked, session_only[i]);
    (void)json_object_del(host, "AutoRemove");
    (void)json_object_del(host, "ConsoleSize");
    /* As the rest of what is allowed, it may differ between the sessions of a box. */
    (void)json_object_del(host, "ExtraHosts");
    /* Only where there is one. */
    if (spec_has_trail(json_object_get(host, "Mounts")))
        (void)json_object_set_new(asked, LABEL_AUDIT, json_true());
    int failed = json_object_set_new(host, "Mounts",
                                     spec_asked_mounts(json_object_get(host, "Mounts"))) < 0 ||
                 json_object_set_new(asked, "HostConfig", host) < 0 ||
                 json_object_set(asked, LABEL_NETWORK, (json_t *)mode) < 0 ||
                 (packages && json_object_set(asked, "Image", packages) < 0) ||
                 (ssh && json_object_set(asked, LABEL_SSH, (json_t *)ssh) < 0);
    cleanup_free char *text = failed ? NULL : json_dumps(asked, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(asked);
    return text && SHA256Data((const uint8_t *)text, strlen(text), out) ? 0 : -1;
}
