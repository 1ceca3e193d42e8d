/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/net/policy.c init/net/policy_table.c init/net/pattern.c init/net/special.c */
/*
 * Rules, one a line, "-" in front of a denial; the first line is a host and a port. The table's
 * verdict is that of looking at every rule, one by one.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "init/net/pattern.h"
#include "init/net/policy.h"
#include "shared/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RULES_MAX = 64 };

struct model {
    struct host_pattern patterns[RULES_MAX];
    bool denies[RULES_MAX];
    size_t count;
};

static void must(bool promise)
{
    if (!promise)
        abort();
}

/* One rule, asked for by a port: an allow without one is for two. */
static bool matches(const struct model *model, size_t i, const struct host_pattern *host,
                    uint16_t port)
{
    const struct host_pattern *pattern = &model->patterns[i];
    if (!model->denies[i] && pattern->port == 0 && port != 443 && port != 80)
        return false;
    return host->kind == HOST_ADDRESS
               ? pattern_denies_address(pattern, host->family, host->address, port)
               : pattern_denies_name(pattern, host->name, port);
}

static bool allowed(const struct model *model, const struct host_pattern *host, uint16_t port)
{
    bool any = false;
    for (size_t i = 0; i < model->count; i++) {
        if (!matches(model, i, host, port))
            continue;
        if (model->denies[i])
            return false;
        any = true;
    }
    return any;
}

static void check(const struct model *model, struct policy *policy,
                  const struct host_pattern *host, uint16_t port)
{
    struct policy_verdict verdict;
    if (host->kind == HOST_ADDRESS)
        policy_address(policy, host->family, host->address, port, 0, &verdict);
    else
        policy_name(policy, host->name, port, 0, &verdict);
    must(verdict.allowed == allowed(model, host, port));
    must(!verdict.allowed || verdict.matched);
    if (host->kind != HOST_ADDRESS && verdict.allowed)
        must(policy_name_known(policy, host->name, 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct model model;
    static const uint16_t ports[] = {443, 80, 22};
    struct host_pattern host;
    cleanup_free char *text = strndup((const char *)data, size);
    char *rest = text;
    model.count = 0;
    if (size > 8192 || parse_host_pattern(strsep(&rest, "\n"), &host, NULL) < 0 ||
        host.kind == HOST_WILDCARD || (host.kind == HOST_ADDRESS && host.prefix < 32))
        return 0;
    struct policy *policy = policy_new();
    while (rest && model.count < RULES_MAX) {
        char *line = strsep(&rest, "\n"), printed[PATTERN_TEXT_MAX];
        struct host_pattern *pattern = &model.patterns[model.count], again;
        const bool denies = line[0] == '-';
        if (parse_host_pattern(line + denies, pattern, NULL) < 0)
            continue;
        /* Each pattern has a spelling that means the same. */
        must(parse_host_pattern(pattern_print(pattern, printed), &again, NULL) == 0);
        must(pattern_equal(pattern, &again));
        model.denies[model.count++] = denies;
        must(policy_add(policy, denies ? POLICY_DENY : POLICY_ALLOW, pattern, "test", 0) == 0);
    }
    for (size_t i = 0; i < array_length(ports); i++)
        check(&model, policy, &host, ports[i]);
    if (host.port)
        check(&model, policy, &host, host.port);
    /* Taken back in any order, what is left decides. */
    for (size_t i = model.count; i-- > 0 && i % 2 == 0;) {
        size_t removed = policy_remove(policy, model.denies[i] ? POLICY_DENY : POLICY_ALLOW,
                                       &model.patterns[i], "test");
        size_t kept = 0;
        for (size_t k = 0; k < model.count; k++) {
            if (model.denies[k] == model.denies[i] &&
                pattern_equal(&model.patterns[k], &model.patterns[i]) && k != i)
                continue;
            if (k == i)
                continue;
            model.patterns[kept] = model.patterns[k];
            model.denies[kept++] = model.denies[k];
        }
        must(removed == model.count - kept);
        model.count = kept;
        check(&model, policy, &host, 443);
        break;
    }
    policy_free(policy);
    return 0;
}
