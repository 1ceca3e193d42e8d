/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/net/dns.c */
/*
 * A query, and every answer to it. A name that is let through is a host's; an answer fits,
 * names its query and is no query itself; a message cut short is none.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "init/net/dns.h"
#include "shared/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool promise)
{
    if (!promise)
        abort();
}

static void is_answer(const struct dns_query *query, const uint8_t *answer, size_t length)
{
    struct dns_query again;
    enum dns_rcode rcode;
    must(length >= 12 + query->question_length && length <= DNS_UDP_MAX);
    must((answer[0] << 8 | answer[1]) == query->id);
    must(memcmp(answer + 12, query->question, query->question_length) == 0);
    must(dns_parse(answer, length, &again, &rcode) == DNS_IGNORE);
}

static void answer(const struct dns_query *query, const uint8_t *data, size_t size)
{
    /* Of exactly the size that is promised, so that the sanitizer sees a byte too many. */
    uint8_t *out = malloc(DNS_UDP_MAX);
    must(out != NULL);
    is_answer(query, out, dns_answer_empty(query, DNS_NXDOMAIN, out));
    is_answer(query, out, dns_answer_addresses(query, data, size / 16, 60, out));
    is_answer(query, out, dns_answer_name(query, query->name, 60, out));
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dns_query query, shorter;
    enum dns_rcode rcode, other;
    enum dns_verdict verdict = dns_parse(data, size, &query, &rcode);
    if (verdict == DNS_IGNORE)
        return 0;
    must(query.question_length <= sizeof query.question && strlen(query.name) < DNS_NAME_MAX);
    answer(&query, data, size);
    if (verdict == DNS_ERROR) {
        must(rcode != DNS_NOERROR);
        return 0;
    }
    must(query.name[0] == '\0' || is_host_name(query.name));
    int family;
    uint8_t address[16];
    if (dns_reverse_name(query.name, &family, address) == 0)
        must(strstr(query.name, ".arpa") != NULL);
    size_t cut = data[0] * size / 256;
    must(dns_parse(data, cut, &shorter, &other) != DNS_ASK);
    return 0;
}
