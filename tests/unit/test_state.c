/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/state.c */
/* wraps: fdatasync */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "init/state.h"
#include "shared/cleanup.h"
#include "shared/io.h"

#define HERE  "00112233445566778899aabbccddeeff"
#define OTHER "ffeeddccbbaa99887766554433221100"

static struct state a_state(enum network_mode mode, enum network_mode previous,
                            enum network_mode configured)
{
    return (struct state){
        .mode = mode, .previous = previous, .configured = configured, .container = HERE};
}

static void printing_and_parsing_are_inverse(void **state)
{
    (void)state;
    for (enum network_mode mode = NETWORK_OPEN; mode <= NETWORK_SEALED; mode++) {
        struct state out, in = a_state(mode, NETWORK_API, NETWORK_LOCKDOWN);
        char text[STATE_TEXT_MAX];
        const char *why;
        int length = state_print(&in, text, sizeof text);
        assert_true(length > 0);
        assert_int_equal(state_parse(text, (size_t)length, &out, &why), 0);
        assert_int_equal(out.mode, mode);
        assert_int_equal(out.previous, NETWORK_API);
        assert_int_equal(out.configured, NETWORK_LOCKDOWN);
        assert_string_equal(out.container, HERE);
    }
}

static void every_change_of_a_byte_and_every_cut_is_noticed(void **state)
{
    (void)state;
    struct state out, in = a_state(NETWORK_OPEN, NETWORK_OPEN, NETWORK_OPEN);
    char text[STATE_TEXT_MAX], changed[STATE_TEXT_MAX];
    const char *why;
    int length = state_print(&in, text, sizeof text);
    for (int i = 0; i < length; i++) {
        for (int bit = 0; bit < 8; bit++) {
            memcpy(changed, text, sizeof changed);
            changed[i] = (char)(changed[i] ^ (1 << bit));
            assert_int_equal(state_parse(changed, (size_t)length, &out, &why), -1);
        }
        assert_int_equal(state_parse(text, (size_t)i, &out, &why), -1);
    }
    memcpy(changed, text, sizeof changed);
    changed[length] = 'm';
    assert_int_equal(state_parse(changed, (size_t)length + 1, &out, &why), -1);
    changed[length] = '\n'; /* empty lines fill the file up */
    assert_int_equal(state_parse(changed, (size_t)length + 1, &out, &why), 0);
}

static void a_newer_version_is_called_that(void **state)
{
    (void)state;
    struct state out;
    const char *why;
    static const char newer[] = "claudex-state 2\nanything\n";
    assert_int_equal(state_parse(newer, strlen(newer), &out, &why), -1);
    assert_non_null(strstr(why, "version"));
    assert_int_equal(state_parse("rubbish", 7, &out, &why), -1);
    assert_null(strstr(why, "version"));
}

static enum network_mode decided(const struct state *stored, const char *container,
                                 enum network_mode configured)
{
    return state_decide(stored, container, configured).mode;
}

static void a_boot_starts_from_what_was_kept(void **state)
{
    (void)state;
    const enum network_mode open = NETWORK_OPEN, names = NETWORK_ALLOWLIST, api = NETWORK_API,
                            locked = NETWORK_LOCKDOWN, sealed = NETWORK_SEALED;
    struct state s;
    assert_int_equal(decided(NULL, HERE, names), names);
    assert_int_equal(decided(NULL, HERE, open), open);
    /* Restarted: as it was, looser or tighter. */
    s = a_state(open, open, names);
    assert_int_equal(decided(&s, HERE, names), open);
    s = a_state(api, names, names);
    assert_int_equal(decided(&s, HERE, names), api);
    /* A lock stays for a new container too, whatever it was made with. */
    s = a_state(locked, open, open);
    assert_int_equal(decided(&s, OTHER, open), locked);
    assert_int_equal(decided(&s, OTHER, names), locked);
    s = a_state(sealed, open, open);
    assert_int_equal(decided(&s, OTHER, open), sealed);
    assert_int_equal(decided(&s, HERE, open), sealed);
    /* A new one keeps what was tightened, loses what was loosened, follows a new wish. */
    s = a_state(api, names, names);
    assert_int_equal(decided(&s, OTHER, names), api);
    s = a_state(open, names, names);
    assert_int_equal(decided(&s, OTHER, names), names);
    s = a_state(names, names, names);
    assert_int_equal(decided(&s, OTHER, open), open);
    s = state_damaged();
    assert_int_equal(decided(&s, HERE, open), locked);
}

static void off_leads_back(void **state)
{
    (void)state;
    struct state s = a_state(NETWORK_LOCKDOWN, NETWORK_API, NETWORK_ALLOWLIST);
    assert_int_equal(state_decide(&s, HERE, NETWORK_ALLOWLIST).previous, NETWORK_API);
    assert_int_equal(state_decide(&s, OTHER, NETWORK_OPEN).previous, NETWORK_OPEN);
    assert_int_equal(state_decide(&s, OTHER, NETWORK_LOCKDOWN).previous, NETWORK_ALLOWLIST);
    s = state_damaged();
    assert_int_equal(state_decide(&s, HERE, NETWORK_API).previous, NETWORK_API);
}

struct fixture {
    char folder[64];
    char path[96];
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    strcpy(f->folder, "/tmp/claudex-state.XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->path, sizeof f->path, "%s/" STATE_FILE, f->folder);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf %s", f->folder);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

static void kept_and_read_again(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_INIT;
    struct state out, in = a_state(NETWORK_LOCKDOWN, NETWORK_OPEN, NETWORK_OPEN);
    struct stat st;
    assert_int_equal(state_load(f->folder, &out, &err), 0);
    assert_int_equal(state_load("/nonexistent", &out, &err), 0);
    assert_int_equal(state_save(f->folder, &in, false, &err), 0);
    assert_int_equal(state_load(f->folder, &out, &err), 1);
    assert_int_equal(out.mode, NETWORK_LOCKDOWN);
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static int syncs;
int __wrap_fdatasync(int fd);
int __wrap_fdatasync(int fd)
{
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    assert_true(S_ISREG(st.st_mode));
    syncs++;
    return 0;
}

static void the_next_is_written_over_it(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_INIT;
    struct state out, open = a_state(NETWORK_OPEN, NETWORK_OPEN, NETWORK_OPEN),
                      locked = a_state(NETWORK_LOCKDOWN, NETWORK_ALLOWLIST, NETWORK_ALLOWLIST);
    struct stat first, second;
    assert_int_equal(state_save(f->folder, &open, false, &err), 0);
    assert_int_equal(stat(f->path, &first), 0);
    syncs = 0;
    assert_int_equal(state_save(f->folder, &locked, true, &err), 0);
    assert_int_equal(syncs, 1);
    assert_int_equal(state_save(f->folder, &open, false, &err), 0);
    assert_int_equal(syncs, 1);
    assert_int_equal(stat(f->path, &second), 0);
    assert_int_equal(second.st_ino, first.st_ino);
    assert_int_equal(second.st_size, STATE_TEXT_MAX);
    assert_int_equal(state_load(f->folder, &out, &err), 1);
    assert_int_equal(out.mode, NETWORK_OPEN);

    /* In steps: written at once, durable when it has settled. */
    int file;
    assert_int_equal(state_write(f->folder, &locked, &file, &err), 0);
    state_hurry(file);
    assert_int_equal(syncs, 1);
    assert_int_equal(state_load(f->folder, &out, &err), 1);
    assert_int_equal(out.mode, NETWORK_LOCKDOWN);
    assert_int_equal(state_settle(f->folder, &file, &err), 0);
    assert_int_equal(syncs, 2);
    assert_int_equal(file, -1);

    /* One that is cut, or has another name elsewhere, is replaced instead. */
    char other[sizeof f->path + 8];
    (void)snprintf(other, sizeof other, "%s.other", f->path);
    assert_int_equal(link(f->path, other), 0);
    assert_int_equal(state_save(f->folder, &locked, true, &err), 0);
    assert_int_equal(stat(f->path, &second), 0);
    assert_int_not_equal(second.st_ino, first.st_ino);
    assert_int_equal(truncate(f->path, 20), 0);
    assert_int_equal(state_save(f->folder, &locked, true, &err), 0);
    assert_int_equal(state_load(f->folder, &out, &err), 1);
    assert_int_equal(out.mode, NETWORK_LOCKDOWN);
}

static void what_cannot_be_believed_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_INIT;
    struct state out, in = a_state(NETWORK_OPEN, NETWORK_OPEN, NETWORK_OPEN);
    assert_int_equal(state_save(f->folder, &in, false, &err), 0);
    assert_int_equal(truncate(f->path, 20), 0);
    assert_int_equal(state_load(f->folder, &out, &err), -1);
    assert_int_equal(truncate(f->path, 0), 0);
    assert_int_equal(state_load(f->folder, &out, &err), -1);
    assert_int_equal(truncate(f->path, 100000), 0);
    assert_int_equal(state_load(f->folder, &out, &err), -1);
    assert_int_equal(unlink(f->path), 0);
    assert_int_equal(symlink("/dev/zero", f->path), 0);
    assert_int_equal(state_load(f->folder, &out, &err), -1);
    assert_int_equal(unlink(f->path), 0);
    assert_int_equal(mkdir(f->path, 0700), 0);
    assert_int_equal(state_load(f->folder, &out, &err), -1);
    assert_int_equal(state_save(f->folder, &in, false, &err), -1);
}

static void a_container_keeps_its_name(void **state)
{
    struct fixture *f = *state;
    struct error err = ERROR_INIT;
    char first[STATE_CONTAINER_MAX + 1], again[STATE_CONTAINER_MAX + 1];
    assert_int_equal(state_container(f->path, first, &err), 0);
    assert_int_equal(strspn(first, "0123456789abcdef"), STATE_CONTAINER_MAX);
    assert_int_equal(state_container(f->path, again, &err), 0);
    assert_string_equal(first, again);
    /* Damaged: as good as a new container. */
    assert_int_equal(truncate(f->path, 0), 0);
    assert_int_equal(state_container(f->path, again, &err), 0);
    assert_string_not_equal(first, again);
    assert_int_equal(state_container("/nonexistent/x", again, &err), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(printing_and_parsing_are_inverse),
        cmocka_unit_test(every_change_of_a_byte_and_every_cut_is_noticed),
        cmocka_unit_test(a_newer_version_is_called_that),
        cmocka_unit_test(a_boot_starts_from_what_was_kept),
        cmocka_unit_test(off_leads_back),
        cmocka_unit_test_setup_teardown(kept_and_read_again, setup, teardown),
        cmocka_unit_test_setup_teardown(the_next_is_written_over_it, setup, teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_believed_is_an_error, setup, teardown),
        cmocka_unit_test_setup_teardown(a_container_keeps_its_name, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
