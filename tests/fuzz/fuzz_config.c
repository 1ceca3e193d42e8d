/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration as a hostile project or plugin would write it. The first byte chooses the
 * source. What resolves must print, and what is printed must read back as the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "shared/buf.h"
#include "shared/config.h"
#include "shared/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool promise)
{
    if (!promise)
        abort();
}

/* Messages are lines of text that a terminal may get. */
static void check_problems(const struct config *config)
{
    must(!config->problems || utf8_is_valid(config->problems->data, config->problems->length));
    for (size_t i = 0; config->problems && i < config->problems->length; i++) {
        char c = config->problems->data[i];
        must(c == '\n' || utf8_find_control(&c, 1) == 1 || (c & 0x80));
    }
}

static int look_at(const struct config_setting *setting, void *data)
{
    size_t *said = data;
    *said += setting->entry != NULL;
    must(setting->section && setting->key && setting->value);
    return 0;
}

/* What is shown is what counts, and no more than there is. */
static void show(const struct config *config, const struct session *session)
{
    size_t said = 0, counted = 0;
    bool *counts = calloc(config->count + 1, sizeof *counts);
    must(counts && config_counts(config, counts) == 0);
    for (size_t i = 0; i < config->count; i++) {
        char *word = config_entry_word(&config->entries[i]);
        free(word);
        counted += counts[i];
    }
    free(counts);
    must(config_show(config, session, look_at, &said) == 0);
    must(said == counted);
}

static void read_back(struct session *session)
{
    cleanup_buf struct buf text = BUF_INIT(8 * CONFIG_FILE_MAX), again = BUF_INIT(text.max);
    cleanup_config struct config config = CONFIG_INIT;
    cleanup_session struct session second = {.run.pids = 0};
    struct error err = ERROR_INIT;
    if (!session->box.name)
        session->box.name = strdup("box");
    if (!session->box.workdir)
        session->box.workdir = strdup("/workspace");
    must(config_print(session, &text) == 0);
    if (text.length > CONFIG_FILE_MAX)
        return;
    must(config_parse(&config, text.data, text.length, "again", CONFIG_RESOLVED) == 0);
    must(config_resolve(&config, &second, &err) == 0);
    must(config_print(&second, &again) == 0);
    must(strcmp(text.data, again.data) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum config_source sources[] = {CONFIG_PROJECT, CONFIG_USER, CONFIG_MACHINE,
                                                 CONFIG_RESOLVED};
    if (size == 0)
        return 0;
    cleanup_config struct config config = CONFIG_INIT;
    cleanup_session struct session session = {.run.pids = 0};
    struct error err = ERROR_INIT;
    const enum config_source source = sources[data[0] % array_length(sources)];
    int result = config_parse(&config, (const char *)data + 1, size - 1, ".claudex", source);
    must((result == 0) == (config.problem_count == 0));
    check_problems(&config);
    for (size_t i = 0; i < config.count; i++)
        (void)config_entry_is_safe(&config.entries[i]);
    if (config_resolve(&config, &session, &err) == 0) {
        must(result == 0);
        show(&config, &session);
        read_back(&session);
    } else {
        must(err.text[0] != '\0' && err.status != 0);
    }
    return 0;
}
