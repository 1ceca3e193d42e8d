/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: plugin/session/spec.c plugin/session/spec_network.c
 * plugin/session/spec_differences.c plugin/trail_volume.c */
/*
 * A session each and the container that is made of it, as tests/unit/spec/NAME.json. With
 * UPDATE=1 in the environment these are written anew: read the difference before it is kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "plugin/session/spec.h"
#include "shared/buf.h"
#include "shared/capabilities.h"
#include "shared/names.h"

static char *const no_words[] = {NULL};

static struct mount app = {.source = (char *)"/home/ann/app",
                           .destination = (char *)"/workspace/app",
                           .device = 2049,
                           .inode = 131};

/* What every case begins with; each then changes something. */
static void begin(struct session *session, struct spec_input *input)
{
    *session = (struct session){
        .agent.name = (char *)"claude",
        .network.mode = NETWORK_ALLOWLIST,
        .box.name = (char *)"claudex-app-0a1b2c3d",
        .box.workdir = (char *)"/workspace/app",
        .box.version = (char *)"0.1.0",
        .box.mounts = &app,
        .box.mount_count = 1,
    };
    *input = (struct spec_input){
        .session = session,
        .image = "claudex:0.1.0",
        .command = (const char *const *)no_words,
        .agent = "claude",
        .attach = true,
        .open_stdin = true,
        .remove = true,
        .folders_json = "[\"/home/ann/app\"]",
    };
}

static void plain(struct session *session, struct spec_input *input)
{
    static const char *const command[] = {"sh", "-c", "exit 37", NULL};
    (void)session;
    input->command = command;
    input->agent = "sh";
}

static void terminal(struct session *session, struct spec_input *input)
{
    static const char *const command[] = {"claude", NULL};
    (void)session;
    input->command = command;
    input->tty = true;
    input->term = "xterm-256color";
    input->rows = 50;
    input->columns = 132;
}

static void detached_and_kept(struct session *session, struct spec_input *input)
{
    (void)session;
    input->tty = true;
    input->attach = input->remove = false;
}

static void limits(struct session *session, struct spec_input *input)
{
    (void)input;
    session->run.memory = UINT64_C(4) << 30;
    session->run.cpus = 1500;
    session->run.pids = 77;
    session->run.runtime = (char *)"runsc";
    session->network.mode = NETWORK_LOCKDOWN;
}

static void ports(struct session *session, struct spec_input *input)
{
    static struct port list[] = {
        {AF_INET, "127.0.0.1", 0, 3000, IPPROTO_TCP},
        {AF_INET, "0.0.0.0", 8080, 3000, IPPROTO_TCP},
        {AF_INET6, "::1", 5353, 53, IPPROTO_UDP},
    };
    (void)input;
    session->run.ports = list;
    session->run.port_count = array_length(list);
}

static void host_allowed(struct session *session, struct spec_input *input)
{
    static char *allow[] = {"example.com", "Host.Docker.Internal:11434"};
    (void)input;
    session->network.allow = (struct strings){allow, array_length(allow)};
}

static void folders(struct session *session, struct spec_input *input)
{
    static struct mount list[] = {
        {.source = (char *)"/srv/docs",
         .destination = (char *)"/context/docs",
         .read_only = true},
        {.source = (char *)"/srv/b", .destination = (char *)"/workspace/b", .read_only = true},
        {.source = (char *)"/var/lib/x/mnt/0",
         .destination = (char *)"/workspace/a",
         .idmapped = true},
        {.source = (char *)"/var/lib/x/mnt/0/.claudex",
         .destination = (char *)"/workspace/a/.claudex",
         .read_only = true,
         .idmapped = true},
        {.source = (char *)"/srv/c:d, e", .destination = (char *)"/workspace/c:d, e"},
    };
    session->box.mounts = list;
    session->box.mount_count = array_length(list);
    input->control_dir = "/home/ann/.local/state/claudex/boxes/claudex-app-0a1b2c3d";
    input->folders_json = "[\"/srv/a\",\"/srv/b\",\"/srv/c:d, e\"]";
}

static void host_network(struct session *session, struct spec_input *input)
{
    (void)input;
    session->network.mode = NETWORK_OPEN;
    session->network.host = true;
}

static void odd_name(struct session *session, struct spec_input *input)
{
    (void)input;
    session->box.name =
        (char *)"-_My.Box_of-a-very-long-name-that-does-not-fit-into-what-a-host-"
                "may-be-called";
}

/* The folder of the agent's socket, or the socket alone. */
static void ssh_agent(struct session *session, struct spec_input *input)
{
    static char *keys[] = {(char *)"SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDfMlYZCLYQxEyRYQg",
                           (char *)"*@work", NULL};
    session->ssh.agent = true;
    session->ssh.keys = (struct strings){keys, 2};
    session->ssh.limit = 10;
    session->ssh.log = true;
    session->box.ssh = (char *)"agent.1234";
    input->ssh_source = "/tmp/ssh-XXXXaBcDeF";
    input->ssh_folder = true;
}

static void ssh_socket(struct session *session, struct spec_input *input)
{
    session->ssh.agent = true;
    session->box.ssh = (char *)"S.gpg-agent.ssh";
    input->ssh_source = "/run/user/1000/gnupg/S.gpg-agent.ssh";
}

/* The same as asked for, by way of another login. */
static void ssh_agent_elsewhere(struct session *session, struct spec_input *input)
{
    ssh_agent(session, input);
    session->box.ssh = (char *)"agent.99";
    input->ssh_source = "/tmp/ssh-other";
}

static void packages(struct session *session, struct spec_input *input)
{
    (void)session;
    input->image = "claudex-custom:0123456789ab";
    input->packages = "cmake g++";
}

static void own_image(struct session *session, struct spec_input *input)
{
    (void)session;
    input->image = "acme/dev:1";
    input->init = "/opt/claudex/claudex-init";
}

static const struct {
    const char *name;
    void (*change)(struct session *session, struct spec_input *input);
} cases[] = {
    {"plain", plain},
    {"terminal", terminal},
    {"detached-and-kept", detached_and_kept},
    {"limits", limits},
    {"ports", ports},
    {"folders", folders},
    {"odd-name", odd_name},
    {"host-allowed", host_allowed},
    {"host-network", host_network},
    {"ssh-agent", ssh_agent},
    {"ssh-socket", ssh_socket},
    {"packages", packages},
    {"own-image", own_image},
};

static json_t *build(void (*change)(struct session *, struct spec_input *))
{
    struct session session;
    struct spec_input input;
    begin(&session, &input);
    if (change)
        change(&session, &input);
    json_t *spec = spec_container(&input);
    assert_non_null(spec);
    return spec;
}

static void is_what_it_was(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "tests/unit/spec/%s.json", cases[i].name);
        json_t *spec = build(cases[i].change);
        cleanup_free char *text = json_dumps(spec, JSON_INDENT(2));
        json_decref(spec);
        if (getenv("UPDATE")) {
            FILE *out = fopen(path, "w");
            assert_non_null(out);
            fprintf(out, "%s\n", text);
            fclose(out);
        }
        json_t *golden = json_load_file(path, 0, NULL);
        cleanup_free char *wanted = json_dumps(golden, JSON_INDENT(2));
        json_decref(golden);
        assert_non_null(wanted);
        assert_string_equal(text, wanted);
    }
}

/* What a daemon's own configuration could change behind our back is spelled out. */
static void leaves_nothing_to_the_engine(void **state)
{
    static const char *const off[] = {"Privileged", "Init", "ReadonlyRootfs"};
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        json_t *spec = build(cases[i].change);
        const json_t *host = json_object_get(spec, "HostConfig");
        for (size_t k = 0; k < array_length(off); k++)
            assert_true(json_is_false(json_object_get(host, off[k])));
        assert_string_equal(
            json_string_value(json_array_get(json_object_get(host, "CapDrop"), 0)), "ALL");
        assert_null(json_object_get(host, "Binds"));
        assert_true(json_integer_value(json_object_get(host, "PidsLimit")) > 0);
        assert_string_equal(json_string_value(json_object_get(spec, "User")), "0:0");
        json_decref(spec);
    }
}

static void the_spec_adds_every_capability_of_the_table(void **state)
{
    struct session session;
    struct spec_input input;
    (void)state;
    begin(&session, &input);
    json_t *spec = spec_container(&input);
    const json_t *added = json_object_get(json_object_get(spec, "HostConfig"), "CapAdd");
    assert_int_equal(json_array_size(added), capability_count);
    for (size_t i = 0; i < capability_count; i++) {
        assert_string_equal(json_string_value(json_array_get(added, i)), capabilities[i].name);
        assert_memory_equal(capabilities[i].reason, "to ", 3);
    }
    json_decref(spec);
}

static void text_that_is_not_utf8_makes_no_spec(void **state)
{
    static const char *const command[] = {"echo", "\xff", NULL};
    struct session session;
    struct spec_input input;
    (void)state;
    begin(&session, &input);
    input.command = command;
    assert_null(spec_container(&input));
    begin(&session, &input);
    input.folders_json = "\xff";
    assert_null(spec_container(&input));
}

/* --- the hash ------------------------------------------------------------------------- */

static const char *hash_of(void (*change)(struct session *, struct spec_input *))
{
    static char hashes[4][65];
    static size_t next;
    char *hash = hashes[next++ % array_length(hashes)];
    json_t *spec = build(change);
    const json_t *label = json_object_get(json_object_get(spec, "Labels"), LABEL_SPEC);
    (void)snprintf(hash, 65, "%s", json_string_value(label));
    json_decref(spec);
    assert_int_equal(strlen(hash), 64);
    return hash;
}

static void other_mode(struct session *session, struct spec_input *input)
{
    (void)input;
    session->network.mode = NETWORK_OPEN;
}

static void other_image(struct session *session, struct spec_input *input)
{
    (void)session;
    input->image = "claudex:0.2.0";
}

static void packages_on_a_newer_base(struct session *session, struct spec_input *input)
{
    packages(session, input);
    input->image = "claudex-custom:ba9876543210";
}

static void own_image_copied_into(struct session *session, struct spec_input *input)
{
    own_image(session, input);
    input->init = NULL;
}

static void other_packages(struct session *session, struct spec_input *input)
{
    packages(session, input);
    input->packages = "cmake";
}

static void other_name(struct session *session, struct spec_input *input)
{
    (void)input;
    session->box.name = (char *)"mine";
}

static void same_for_sessions_of_one_box(void **state)
{
    (void)state;
    const char *box = hash_of(NULL);
    assert_string_equal(hash_of(plain), box);
    assert_string_equal(hash_of(terminal), box);
    assert_string_equal(hash_of(detached_and_kept), box);
    assert_string_equal(hash_of(other_name), box);
    assert_string_equal(hash_of(host_allowed), box);
    /* After an update a session still joins the box that runs on what was before. */
    assert_string_equal(hash_of(packages), hash_of(packages_on_a_newer_base));
    assert_string_not_equal(hash_of(packages), hash_of(other_packages));
    assert_string_equal(hash_of(ssh_agent), hash_of(ssh_agent_elsewhere));
    assert_string_equal(hash_of(own_image), hash_of(own_image_copied_into));
}

static void different_for_another_box(void **state)
{
    (void)state;
    void (*const others[])(struct session *, struct spec_input *) = {
        limits,      ports,    folders,   host_network, other_mode,
        other_image, packages, own_image, ssh_agent,    ssh_socket};
    for (size_t i = 0; i < array_length(others); i++)
        assert_string_not_equal(hash_of(others[i]), hash_of(NULL));
    assert_string_not_equal(hash_of(ssh_agent), hash_of(ssh_socket));
}

static void reversed(struct session *session, struct spec_input *input)
{
    static struct mount list[5];
    folders(session, input);
    for (size_t i = 0; i < array_length(list); i++)
        list[i] = session->box.mounts[array_length(list) - 1 - i];
    session->box.mounts = list;
}

static void order_of_folders_does_not_matter(void **state)
{
    (void)state;
    assert_string_equal(hash_of(folders), hash_of(reversed));
}

/* --- differences ---------------------------------------------------------------------- */

/* The same as the engine tells it: in two halves, and without what is empty. */
static json_t *as_inspected(json_t *spec)
{
    json_t *host = json_incref(json_object_get(spec, "HostConfig"));
    json_t *mount;
    size_t i;
    json_object_del(spec, "HostConfig");
    json_array_foreach(json_object_get(host, "Mounts"), i, mount)
    {
        if (json_is_false(json_object_get(mount, "ReadOnly")))
            json_object_del(mount, "ReadOnly");
    }
    if (!json_object_get(host, "Runtime"))
        json_object_set_new(host, "Runtime", json_string("runc"));
    return json_pack("{s:o, s:o}", "Config", spec, "HostConfig", host);
}

static char *differences(void (*wanted)(struct session *, struct spec_input *),
                         void (*running)(struct session *, struct spec_input *))
{
    json_t *left = build(wanted), *right = as_inspected(build(running));
    char *text = spec_differences(left, right);
    json_decref(left);
    json_decref(right);
    assert_non_null(text);
    return text;
}

static void equal_boxes_differ_in_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        cleanup_free char *text = differences(cases[i].change, cases[i].change);
        assert_string_equal(text, "");
    }
}

static void names_what_differs(void **state)
{
    (void)state;
    cleanup_free char *image = differences(other_image, NULL);
    assert_string_equal(image, "image: claudex:0.2.0 ≠ claudex:0.1.0");
    cleanup_free char *mode = differences(other_mode, NULL);
    assert_string_equal(mode, "network mode: open ≠ allowlist");
    cleanup_free char *many = differences(limits, NULL);
    assert_string_equal(many, "network mode: lockdown ≠ allowlist\n"
                              "memory (bytes): 4294967296 ≠ no limit\n"
                              "cpus: 1.50 ≠ no limit\n"
                              "pids-limit: 77 ≠ 4096\n"
                              "runtime: runsc ≠ runc");
    cleanup_free char *published = differences(NULL, ports);
    assert_string_equal(published, "ports: none ≠ 127.0.0.1::3000/tcp, 0.0.0.0:8080:3000/tcp, "
                                   "::1:5353:53/udp");
    cleanup_free char *agent = differences(ssh_agent, NULL);
    assert_string_equal(agent, "ssh agent: SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDfMlYZCLYQxEyRYQg, "
                               "*@work; at most 10 a minute ≠ none");
    cleanup_free char *unlogged = differences(NULL, ssh_socket);
    assert_string_equal(unlogged, "ssh agent: none ≠ all keys; not logged");
    cleanup_free char *mounted = differences(folders, NULL);
    assert_non_null(strstr(mounted, "/srv/b:/workspace/b:ro"));
    assert_non_null(strstr(mounted, "≠ /home/ann/app:/workspace/app"));
}

static void hostile(struct session *session, struct spec_input *input)
{
    static struct mount list[] = {
        {.source = (char *)"/srv/\x1b]0;owned\x07", .destination = (char *)"/workspace/a"}};
    session->box.mounts = list;
    session->box.mount_count = 1;
    input->image = "evil\x1b[2J";
}

static void differences_are_fit_for_a_terminal(void **state)
{
    (void)state;
    cleanup_free char *text = differences(NULL, hostile);
    assert_null(strchr(text, '\x1b'));
    assert_null(strchr(text, '\x07'));
    assert_non_null(strstr(text, "evil\\x1b[2J"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_what_it_was),
        cmocka_unit_test(leaves_nothing_to_the_engine),
        cmocka_unit_test(the_spec_adds_every_capability_of_the_table),
        cmocka_unit_test(text_that_is_not_utf8_makes_no_spec),
        cmocka_unit_test(same_for_sessions_of_one_box),
        cmocka_unit_test(different_for_another_box),
        cmocka_unit_test(order_of_folders_does_not_matter),
        cmocka_unit_test(equal_boxes_differ_in_nothing),
        cmocka_unit_test(names_what_differs),
        cmocka_unit_test(differences_are_fit_for_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
