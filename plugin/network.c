/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plugin/network.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "plugin/engine/container.h"
#include "shared/cleanup.h"
#include "shared/names.h"

/* All of the name, oldest first in *first; -1 on failure. */
static long list_networks(struct engine *engine, char first[128], struct error *err)
{
    static const char filters[] = "%7B%22name%22%3A%5B%22%5E" NETWORK_NAME "%24%22%5D%7D";
    json_t *answer = NULL, *network;
    const char *oldest = NULL;
    size_t i;
    char path[128];
    (void)snprintf(path, sizeof path, "/networks?filters=%s", filters);
    if (engine_request(engine, "GET", path, NULL, &answer, NULL, err) < 0)
        return -1;
    json_array_foreach(answer, i, network)
    {
        const char *made = json_string_value(json_object_get(network, "Created"));
        const char *id = json_string_value(json_object_get(network, "Id"));
        if (made && id && (!oldest || strcmp(made, oldest) < 0)) {
            oldest = made;
            (void)snprintf(first, 128, "%s", id);
        }
    }
    long count = (long)json_array_size(answer);
    json_decref(answer);
    return count;
}

int network_ensure(struct engine *engine, struct error *err)
{
    char first[128] = "";
    long status = 0, count = list_networks(engine, first, err);
    if (count != 0)
        return count < 0 ? -1 : 0;
    json_t *body =
        json_pack("{s:s, s:s, s:b, s:{s:s}, s:{s:s}}", "Name", NETWORK_NAME, "Driver", "bridge",
                  "CheckDuplicate", 1, "Options", "com.docker.network.bridge.enable_icc",
                  "false", "Labels", LABEL_VERSION, CLAUDEX_VERSION);
    json_t *answer = NULL;
    int failed =
        engine_request(engine, "POST", "/networks/create", body, &answer, &status, err);
    json_decref(body);
    cleanup_free char *made = NULL;
    const char *id = json_string_value(json_object_get(answer, "Id"));
    if (!failed && status >= 400 && status != 409) {
        enum obstacle ignored;
        failed = container_refusal(status, answer, &ignored, err);
        (void)error_prefix(err, "cannot make the network " NETWORK_NAME);
    } else if (!failed && id) {
        made = strdup(id);
    }
    json_decref(answer);
    if (failed || !made)
        return failed;
    /* The check for duplicates is not atomic: who comes second takes his own away again. */
    count = list_networks(engine, first, err);
    if (count > 1 && strcmp(first, made) != 0) {
        char path[192];
        (void)snprintf(path, sizeof path, "/networks/%s", made);
        return engine_request(engine, "DELETE", path, NULL, NULL, &status, err);
    }
    return count < 0 ? -1 : 0;
}
