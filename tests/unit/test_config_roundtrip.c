/* SPDX-License-Identifier: GPL-2.0-or-later */
/* parse → print → parse is the identity, whatever a session holds. */
#include "tests/unit/config_text.h"

#include "shared/config_entry.h"

static uint32_t seed;

static uint32_t below(uint32_t count)
{
    seed = seed * 1664525U + 1013904223U;
    return (uint32_t)(((uint64_t)seed * count) >> 32);
}

/* A text of what quoting could stumble over. Control characters only where they may be. */
static char *random_text(bool controls, size_t most)
{
    static const char *const pieces[] = {"a",
                                         "b",
                                         " ",
                                         "  ",
                                         ";",
                                         " ;",
                                         "#",
                                         " #",
                                         "\"",
                                         "\\",
                                         "\\u003b",
                                         "=",
                                         ":",
                                         "[",
                                         "]",
                                         "+",
                                         "'",
                                         "x=y",
                                         "\xc3\xbc",
                                         "\xe2\x82\xac",
                                         "\xf0\x9f\x98\x80",
                                         "-",
                                         "/",
                                         ".",
                                         "..",
                                         "\t",
                                         "\n",
                                         "\x1b[2J",
                                         "\x7f",
                                         "\r\n",
                                         "\xc2\x9b",
                                         "\x01"};
    cleanup_buf struct buf text = BUF_INIT(100000);
    for (uint32_t count = 1 + below((uint32_t)most); count > 0; count--) {
        uint32_t usable = (uint32_t)array_length(pieces) - (controls ? 0 : 7);
        assert_int_equal(buf_puts(&text, pieces[below(usable)]), 0);
    }
    return buf_take(&text);
}

static void add_random(struct strings *list, uint32_t most, bool controls, size_t length)
{
    for (uint32_t count = below(most + 1); count > 0; count--) {
        cleanup_free char *text = random_text(controls, length);
        assert_int_equal(strings_add(list, text), 0);
    }
}

static void add_one_of(struct strings *list, uint32_t most, const char *const *texts,
                       uint32_t n)
{
    for (uint32_t count = below(most + 1); count > 0; count--)
        assert_int_equal(strings_add(list, texts[below(n)]), 0);
}
#define add_some(list, most, texts) add_one_of(list, most, texts, (uint32_t)array_length(texts))

static void random_ports(struct session *s)
{
    s->run.port_count = below(4);
    s->run.ports = calloc(s->run.port_count + 1, sizeof *s->run.ports);
    for (size_t i = 0; i < s->run.port_count; i++) {
        bool v6 = below(2);
        s->run.ports[i] = (struct port){
            .family = v6 ? AF_INET6 : AF_INET,
            .host = (uint16_t)below(65536),
            .container = (uint16_t)(i + 1), /* no two alike */
            .protocol = below(2) ? IPPROTO_UDP : IPPROTO_TCP,
        };
        (void)snprintf(s->run.ports[i].host_ip, sizeof s->run.ports[i].host_ip, "%s",
                       v6 ? "2001:db8::1" : "0.0.0.0");
    }
}

static void random_mounts(struct session *s)
{
    s->box.mount_count = below(4);
    s->box.mounts = calloc(s->box.mount_count + 1, sizeof *s->box.mounts);
    for (size_t i = 0; i < s->box.mount_count; i++) {
        cleanup_free char *text = random_text(false, 10);
        for (char *slash = text; (slash = strchr(slash, '/'));)
            *slash = 'x';
        cleanup_buf struct buf destination = BUF_INIT(1000);
        assert_int_equal(
            buf_printf(&destination, "%s/%zu%s", below(2) ? "/workspace" : "/context", i, text),
            0);
        s->box.mounts[i] = (struct mount){
            .destination = buf_take(&destination),
            .read_only = below(2),
            .idmapped = below(2),
            .device = below(3) ? below(1000) : 0,
            .inode = below(3) ? UINT64_MAX - below(1000) : 0,
        };
    }
}

static void random_session(struct session *s)
{
    static const char *const names[] = {"A", "PATH", "a_b", "A"};
    static const char *const hosts[] = {"a.b", "*.c.d", "10.0.0.0/8", "x:1", "[::1]:2"};
    s->agent.name = below(2) ? strdup("claude") : random_text(false, 10);
    if (s->agent.name[0] == '-')
        s->agent.name[0] = 'x';
    s->agent.yolo = below(2);
    add_random(&s->agent.args, 4, true, below(50) ? 8 : 5000);
    if (below(3) == 0)
        assert_int_equal(strings_add(&s->agent.args, ""), 0);
    random_ports(s);
    add_random(&s->run.includes, 3, false, below(10) ? 10 : 700);
    add_random(&s->run.instructions, 2, false, 10);
    add_random(&s->home.files, 2, false, 10);
    add_some(&s->run.env, 3, names);
    s->run.memory = below(2) ? 0 : (6U << 20) + below(UINT32_MAX / 2);
    s->run.cpus = below(2) ? 0 : 10 + below(1000000);
    s->run.pids = below(2) ? 0 : 1 + below(4194304);
    s->run.runtime = below(2) ? NULL : strdup("runsc");
    s->run.image = below(2) ? NULL : strdup("acme/dev:1");
    s->network.mode = (enum network_mode)below(5);
    s->network.host = s->network.mode == NETWORK_OPEN && below(2);
    add_some(&s->network.deny, 4, hosts);
    s->ssh.agent = below(2);
    add_random(&s->ssh.keys, 3, false, 8);
    s->ssh.log = below(2);
    s->ssh.limit = below(1001);
    s->box.ssh = below(2) ? NULL : strdup("agent.1234");
    s->box.name = strdup("claudex-app-0a1b2c3d");
    s->box.workdir = strdup(below(2) ? "/workspace" : "/workspace/a ;\"b\"");
    s->box.version = below(2) ? NULL : strdup("0.1");
    random_mounts(s);
}

static void assert_same_text(const char *a, const char *b)
{
    assert_true(a ? b && strcmp(a, b) == 0 : !b);
}

static void assert_same_list(const struct strings *a, const struct strings *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++)
        assert_string_equal(a->items[i], b->items[i]);
}

static void assert_same_run(const struct session *a, const struct session *b)
{
    assert_int_equal(a->run.port_count, b->run.port_count);
    for (size_t i = 0; i < a->run.port_count; i++) {
        const struct port *p = &a->run.ports[i], *q = &b->run.ports[i];
        assert_int_equal(p->family, q->family);
        assert_string_equal(p->host_ip, q->host_ip);
        assert_true(p->host == q->host && p->container == q->container);
        assert_int_equal(p->protocol, q->protocol);
    }
    assert_same_list(&a->run.includes, &b->run.includes);
    assert_same_list(&a->run.instructions, &b->run.instructions);
    assert_same_list(&a->home.files, &b->home.files);
    assert_same_list(&a->run.env, &b->run.env);
    assert_true(a->run.memory == b->run.memory);
    assert_int_equal(a->run.cpus, b->run.cpus);
    assert_int_equal(a->run.pids, b->run.pids);
    assert_same_text(a->run.runtime, b->run.runtime);
    assert_same_text(a->run.image, b->run.image);
    assert_int_equal(a->run.x11, b->run.x11);
}

static void assert_same_session(const struct session *a, const struct session *b)
{
    assert_same_list(&a->packages, &b->packages);
    assert_same_text(a->agent.name, b->agent.name);
    assert_same_list(&a->agent.args, &b->agent.args);
    assert_int_equal(a->agent.yolo, b->agent.yolo);
    assert_same_run(a, b);
    assert_int_equal(a->network.mode, b->network.mode);
    assert_int_equal(a->network.host, b->network.host);
    assert_same_list(&a->network.groups, &b->network.groups);
    assert_same_list(&a->network.allow, &b->network.allow);
    assert_same_list(&a->network.deny, &b->network.deny);
    assert_int_equal(a->network.private_names, b->network.private_names);
    assert_int_equal(a->ssh.agent, b->ssh.agent);
    assert_same_list(&a->ssh.keys, &b->ssh.keys);
    assert_int_equal(a->ssh.log, b->ssh.log);
    assert_int_equal(a->ssh.limit, b->ssh.limit);
    assert_same_text(a->box.ssh, b->box.ssh);
    assert_same_text(a->box.name, b->box.name);
    assert_same_text(a->box.workdir, b->box.workdir);
    assert_same_text(a->box.version, b->box.version);
    assert_int_equal(a->box.mount_count, b->box.mount_count);
    for (size_t i = 0; i < a->box.mount_count; i++) {
        const struct mount *m = &a->box.mounts[i], *n = &b->box.mounts[i];
        assert_string_equal(m->destination, n->destination);
        assert_true(m->read_only == n->read_only && m->idmapped == n->idmapped);
        assert_true(m->device == n->device && m->inode == n->inode);
    }
}

static void what_is_printed_reads_as_the_same(void **state)
{
    (void)state;
    for (seed = 0; seed < 2000; seed++) {
        const uint32_t round = seed;
        cleanup_session struct session first = {.run.pids = 0}, second = {.run.pids = 0};
        cleanup_config struct config config = CONFIG_INIT;
        cleanup_buf struct buf text = BUF_INIT(CONFIG_FILE_MAX),
                               again = BUF_INIT(CONFIG_FILE_MAX);
        struct error err = ERROR_INIT;
        random_session(&first);
        print(&first, &text);
        if (config_parse(&config, text.data, text.length, "resolved", CONFIG_RESOLVED) < 0)
            fail_msg("round %u: %s%s", round, config.problems->data, text.data);
        if (config_resolve(&config, &second, &err) < 0)
            fail_msg("round %u: %s\n%s", round, err.text, text.data);
        assert_same_session(&first, &second);
        print(&second, &again);
        assert_string_equal(text.data, again.data);
        seed = round;
    }
}

/* Lines are cut where nothing that INI would take away lies at the border. */
static void survives(const struct buf *argument)
{
    cleanup_session struct session first = {.agent.name = strdup("a")},
                                   second = {.run.pids = 0};
    cleanup_config struct config config = CONFIG_INIT;
    cleanup_buf struct buf text = BUF_INIT(CONFIG_FILE_MAX);
    assert_int_equal(strings_add(&first.agent.args, argument->data), 0);
    print(&first, &text);
    assert_int_equal(buf_puts(&text, A_BOX), 0);
    add_text(&config, CONFIG_RESOLVED, text.data);
    assert_int_equal(config_merge(&config, &second), 0);
    assert_same_list(&first.agent.args, &second.agent.args);
}

static void long_arguments_survive(void **state)
{
    (void)state;
    static const char *const pieces[] = {"x",  ";x", " ",   "\xc3\xbc", "=",
                                         "\"", "+ ", "\1 ", "#"};
    static const int counts[] = {300, 700, 10000};
    for (size_t i = 0; i < array_length(pieces) * array_length(counts); i++) {
        for (int before = 0; before < 8; before++) { /* shifts what is at the border */
            cleanup_buf struct buf argument = BUF_INIT(100000);
            assert_int_equal(buf_printf(&argument, "%.*s", before, "abcdefgh"), 0);
            for (int k = 0; k < counts[i % array_length(counts)]; k++)
                assert_int_equal(buf_puts(&argument, pieces[i / array_length(counts)]), 0);
            survives(&argument);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_printed_reads_as_the_same),
        cmocka_unit_test(long_arguments_survive),
    };
    return cmocka_run_group_tests_name("config round trip", tests, NULL, NULL);
}
