/* SPDX-License-Identifier: GPL-2.0-or-later */
/* struct session → INI text, and the example file: both by the schema. */
#include <errno.h>
#include <string.h>

#include "shared/buf.h"
#include "shared/config_value.h"

#define field(type, session, key)                                                              \
    ((const type *)(const void *)((const char *)(session) + (key)->field))

/* A section's title is printed when its first key is. */
struct printing {
    const struct session *session;
    struct buf *out;
    const char *section; /* whose title was printed */
};

/* A long line goes on in lines of the key "+". It has no blank or ';' where it is cut, and no
 * byte outside ASCII: config_value_print() saw to that. */
static int print_line(struct printing *p, const struct config_key *key, const char *value)
{
    if ((!p->section || strcmp(p->section, key->section) != 0) &&
        buf_printf(p->out, "%s[%s]\n", p->section ? "\n" : "", key->section) < 0)
        return -1;
    p->section = key->section;

    const char *name = key->name ? key->name : value;
    if (!key->name)
        return buf_printf(p->out, "%s\n", name);
    size_t left = strlen(value);
    for (;;) {
        size_t length = CONFIG_LINE_MAX - strlen(name) - strlen(" = ");
        if (length > left)
            length = left;
        if (buf_printf(p->out, "%s = %.*s\n", name, (int)length, value) < 0)
            return -1;
        value += length;
        left -= length;
        if (left == 0)
            return 0;
        name = "+";
    }
}

static int print_word(struct printing *p, const struct config_key *key, const char *word)
{
    cleanup_buf struct buf text = BUF_INIT(CONFIG_FILE_MAX);
    if (key->name && config_value_print(key, word, &text) < 0)
        return -1;
    return print_line(p, key, key->name ? text.data : word);
}

static int print_words(struct printing *p, const struct config_key *key)
{
    const struct strings *list = field(struct strings, p->session, key);
    for (size_t i = 0; i < list->count; i++) {
        cleanup_free char *name = NULL; /* of a variable; its value goes another way */
        if (key->kind == KIND_ENV &&
            !(name = strndup(list->items[i], strcspn(list->items[i], "="))))
            return -1;
        if (print_word(p, key, name ? name : list->items[i]) < 0)
            return -1;
    }
    return 0;
}

static int print_ports(struct printing *p, const struct config_key *key)
{
    for (size_t i = 0; i < p->session->run.port_count; i++) {
        const struct port *port = &p->session->run.ports[i];
        char text[80];
        const bool v6 = port->family == AF_INET6;
        (void)snprintf(text, sizeof text, "%s%s%s:%u:%u/%s", v6 ? "[" : "", port->host_ip,
                       v6 ? "]" : "", (unsigned)port->host, (unsigned)port->container,
                       port->protocol == IPPROTO_UDP ? "udp" : "tcp");
        if (print_line(p, key, text) < 0)
            return -1;
    }
    return 0;
}

static int print_mounts(struct printing *p, const struct config_key *key)
{
    for (size_t i = 0; i < p->session->box.mount_count; i++) {
        const struct mount *mount = &p->session->box.mounts[i];
        cleanup_buf struct buf text = BUF_INIT(CONFIG_FILE_MAX);
        if (buf_printf(&text, "%s%s ", mount->read_only ? "ro" : "rw",
                       mount->idmapped ? ",idmapped" : "") < 0)
            return -1;
        int id = mount->device == 0 && mount->inode == 0
                     ? buf_puts(&text, "- ")
                     : buf_printf(&text, "%llu:%llu ", (unsigned long long)mount->device,
                                  (unsigned long long)mount->inode);
        if (id < 0 || config_value_print(key, mount->destination, &text) < 0 ||
            print_line(p, key, text.data) < 0)
            return -1;
    }
    return 0;
}

/* What a session without the key has is not printed, but for the mode: it is never left to a
 * default. */
static int print_key(struct printing *p, const struct config_key *key)
{
    const struct session *session = p->session;
    char text[32];
    switch (key->kind) {
    case KIND_PORT:
        return print_ports(p, key);
    case KIND_MOUNT:
        return print_mounts(p, key);
    case KIND_FLAG:
        if (*field(bool, session, key) == ((key->flags & KEY_ON) != 0))
            return 0;
        return print_line(p, key, *field(bool, session, key) ? "yes" : "no");
    case KIND_MODE:
        return print_line(p, key, network_mode_name(session->network.mode));
    case KIND_MEMORY:
        (void)snprintf(text, sizeof text, "%llu", (unsigned long long)session->run.memory);
        return session->run.memory ? print_line(p, key, text) : 0;
    case KIND_CPUS:
        (void)snprintf(text, sizeof text, "%u.%03u", session->run.cpus / 1000,
                       session->run.cpus % 1000);
        return session->run.cpus ? print_line(p, key, text) : 0;
    case KIND_PIDS:
        (void)snprintf(text, sizeof text, "%u", session->run.pids);
        return session->run.pids ? print_line(p, key, text) : 0;
    case KIND_RATE:
        (void)snprintf(text, sizeof text, "%u", *field(uint32_t, session, key));
        return *field(uint32_t, session, key) ? print_line(p, key, text) : 0;
    case KIND_DURATION:
        (void)snprintf(text, sizeof text, "%us", (unsigned)*field(uint32_t, session, key));
        return *field(uint32_t, session, key) ? print_line(p, key, text) : 0;
    default:
        break;
    }
    if ((key->flags & KEY_MANY) || key->kind == KIND_SKILL)
        return print_words(p, key);
    const char *word = *field(char *, session, key);
    return word ? print_word(p, key, word) : 0;
}

int config_print(const struct session *session, struct buf *out)
{
    struct printing p = {.session = session, .out = out};
    const size_t before = out->length;
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        bool kept = key->field != NOWHERE || key->kind == KIND_PORT || key->kind == KIND_MOUNT;
        if (kept && print_key(&p, key) < 0)
            return -1;
    }
    errno = E2BIG; /* nobody would read it */
    return out->length - before <= CONFIG_FILE_MAX ? 0 : -1;
}

static int example_key(const struct config_key *key, struct buf *out)
{
    const char *later = key->flags & KEY_UNBUILT ? " (not built yet)" : "";
    if (buf_printf(out, "# %s%s\n", key->comment, later) < 0)
        return -1;
    if (key->kind == KIND_PACKAGE)
        return buf_printf(out, "#   %s\n", key->example);
    return buf_printf(out, "#   %s = %s\n", key->name ? key->name : "review", key->example);
}

int config_example(struct buf *out)
{
    static const char head[] =
        "# An example of every section and key. Each line that begins with '#   ' shows one;\n"
        "# without the '#' it counts. Nothing in this file is set as it stands.\n";
    if (buf_puts(out, head) < 0)
        return -1;
    for (size_t i = 0; i < config_section_count; i++) {
        const struct config_section *section = &config_sections[i];
        if (section->private)
            continue;
        if (buf_printf(out, "\n# %s\n%s[%s%s]\n", section->comment,
                       section->named ? "#   " : "", section->name,
                       section->named ? ".example" : "") < 0)
            return -1;
        for (size_t k = 0; k < config_key_count; k++)
            if (strcmp(config_keys[k].section, section->name) == 0 &&
                !(config_keys[k].flags & KEY_PRIVATE) && example_key(&config_keys[k], out) < 0)
                return -1;
    }
    return 0;
}
