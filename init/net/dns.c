/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/net/dns.h"

#include <netinet/in.h>
#include <string.h>

#include "shared/ascii.h"
#include "shared/parse.h"

/* RFC 1035 4.1.1, RFC 4035 3.2.2 (CD), RFC 6891 6.1 */
enum {
    HEADER_SIZE = 12,
    FLAG_QR = 0x8000,
    FLAG_OPCODE = 0x7800,
    FLAG_TC = 0x0200,
    FLAG_RD = 0x0100,
    FLAG_RA = 0x0080,
    FLAG_Z = 0x0040,
    FLAG_CD = 0x0010,
    FLAG_RCODE = 0x000f,
    CLASS_IN = 1,
    LABEL_MAX = 63,
    WIRE_NAME_MAX = 255,
    TYPE_OPT = 41,
    OPT_SIZE = 11,             /* of one without options */
    RECORD_SIZE = 12,          /* of one without data, its name being a pointer */
    POINTER_QUESTION = 0xc00c, /* "the name at offset 12" (RFC 1035 4.1.4) */
};

/* What is left of a message; `at` moves on, `left` is what may still be read. */
struct reader {
    const uint8_t *at;
    size_t left;
};

static unsigned get16(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

static const uint8_t *take(struct reader *reader, size_t length)
{
    const uint8_t *bytes = reader->at;
    if (reader->left < length)
        return NULL;
    reader->at += length;
    reader->left -= length;
    return bytes;
}

static bool is_host_byte(char c)
{
    return is_letter(c) || is_digit(c) || c == '-' || c == '_';
}

/* False for a malformed name. One that is well-formed and no host's leaves "". */
static bool read_name(struct reader *reader, char name[DNS_NAME_MAX])
{
    size_t length = 0, wire = 1;
    bool odd = false;
    for (;;) {
        const uint8_t *size = take(reader, 1);
        if (!size || *size > LABEL_MAX) /* pointers (0xc0) among them */
            return false;
        if (*size == 0)
            break;
        const uint8_t *label = take(reader, *size);
        wire += 1U + *size;
        if (!label || wire > WIRE_NAME_MAX)
            return false;
        if (length > 0)
            name[length++] = '.';
        for (size_t i = 0; i < *size; i++) {
            char c = (char)label[i];
            odd |= !is_host_byte(c);
            name[length++] = to_lower(c);
        }
    }
    name[length] = '\0';
    if (length > 0 && (odd || !is_host_name(name)))
        name[0] = '\0';
    return true;
}

static enum dns_rcode read_question(struct reader *reader, struct dns_query *query)
{
    const uint8_t *start = reader->at;
    if (!read_name(reader, query->name))
        return DNS_FORMERR;
    bool root = reader->at - start == 1;
    const uint8_t *fixed = take(reader, 4);
    if (!fixed)
        return DNS_FORMERR;
    query->type = (uint16_t)get16(fixed);
    query->question_length = (size_t)(reader->at - start);
    memcpy(query->question, start, query->question_length);
    if (get16(fixed + 2) != CLASS_IN)
        return DNS_REFUSED;
    return query->name[0] != '\0' || root ? DNS_NOERROR : DNS_NXDOMAIN;
}

static enum dns_rcode read_opt(struct reader *reader, struct dns_query *query)
{
    const uint8_t *opt = take(reader, OPT_SIZE);
    if (!opt || opt[0] != 0 || get16(opt + 1) != TYPE_OPT || get16(opt + 9) != reader->left)
        return DNS_FORMERR;
    while (reader->left > 0) {
        const uint8_t *option = take(reader, 4);
        if (!option || !take(reader, get16(option + 2)))
            return DNS_FORMERR;
    }
    query->edns = true;
    if (get16(opt + 3) > DNS_UDP_MAX)
        query->udp_max = (uint16_t)get16(opt + 3);
    return opt[6] == 0 ? DNS_NOERROR : DNS_BADVERS;
}

static enum dns_rcode read_message(const uint8_t *message, size_t length,
                                   struct dns_query *query)
{
    unsigned flags = get16(message + 2), extra = get16(message + 10);
    if (flags & FLAG_OPCODE)
        return DNS_NOTIMP;
    if (length > DNS_MESSAGE_MAX || (flags & (FLAG_TC | FLAG_Z | FLAG_RCODE)) != 0 ||
        get16(message + 4) != 1 || get16(message + 6) != 0 || get16(message + 8) != 0 ||
        extra > 1)
        return DNS_FORMERR;
    struct reader reader = {.at = message + HEADER_SIZE, .left = length - HEADER_SIZE};
    enum dns_rcode verdict = read_question(&reader, query);
    enum dns_rcode opt = DNS_NOERROR;
    if (verdict == DNS_FORMERR)
        return verdict;
    if (extra == 1)
        opt = read_opt(&reader, query);
    if (opt == DNS_FORMERR || reader.left > 0)
        return DNS_FORMERR;
    return opt != DNS_NOERROR ? opt : verdict;
}

enum dns_verdict dns_parse(const uint8_t *message, size_t length, struct dns_query *query,
                           enum dns_rcode *rcode)
{
    query->type = 0;
    query->edns = false;
    query->udp_max = DNS_UDP_MAX;
    query->name[0] = '\0';
    query->question_length = 0;
    if (length < HEADER_SIZE || (message[2] & 0x80) != 0)
        return DNS_IGNORE;
    query->id = (uint16_t)get16(message);
    query->flags = (uint16_t)(get16(message + 2) & (FLAG_OPCODE | FLAG_RD | FLAG_CD));
    *rcode = read_message(message, length, query);
    /* What could not be read is not repeated, and a name cut short is none. */
    if (*rcode == DNS_FORMERR) {
        query->question_length = 0;
        query->name[0] = '\0';
    }
    return *rcode == DNS_NOERROR ? DNS_ASK : DNS_ERROR;
}

/* --- answers -------------------------------------------------------------------------- */

static uint8_t *put16(uint8_t *out, unsigned value)
{
    *out++ = (uint8_t)(value >> 8);
    *out++ = (uint8_t)value;
    return out;
}

static uint8_t *put32(uint8_t *out, uint32_t value)
{
    return put16(put16(out, value >> 16), value & 0xffff);
}

static uint8_t *put_bytes(uint8_t *out, const void *bytes, size_t length)
{
    memcpy(out, bytes, length);
    return out + length;
}

/* The header and the question; where the answers go. */
static uint8_t *begin(const struct dns_query *query, enum dns_rcode rcode, size_t answers,
                      uint8_t *out)
{
    out = put16(out, query->id);
    out = put16(out, FLAG_QR | query->flags | FLAG_RA | ((unsigned)rcode & FLAG_RCODE));
    out = put16(out, query->question_length > 0);
    out = put16(out, (unsigned)answers);
    out = put16(out, 0);
    out = put16(out, query->edns);
    return put_bytes(out, query->question, query->question_length);
}

static uint8_t *put_record(uint8_t *out, unsigned type, uint32_t ttl, const void *data,
                           size_t length)
{
    out = put16(out, POINTER_QUESTION);
    out = put16(out, type);
    out = put16(out, CLASS_IN);
    out = put32(out, ttl);
    out = put16(out, (unsigned)length);
    return put_bytes(out, data, length);
}

/* Whoever sent an OPT record gets one (RFC 6891 6.1.1): version 0, no options. */
static size_t finish(const struct dns_query *query, enum dns_rcode rcode, const uint8_t *first,
                     uint8_t *out)
{
    if (query->edns) {
        *out++ = 0;
        out = put16(out, TYPE_OPT);
        out = put16(out, DNS_MESSAGE_MAX);
        out = put32(out, (uint32_t)rcode >> 4 << 24);
        out = put16(out, 0);
    }
    return (size_t)(out - first);
}

/* Bytes that answers may take. */
static size_t room(const struct dns_query *query)
{
    return (size_t)DNS_UDP_MAX - HEADER_SIZE - query->question_length -
           (query->edns ? OPT_SIZE : 0);
}

size_t dns_answer_empty(const struct dns_query *query, enum dns_rcode rcode, uint8_t *out)
{
    return finish(query, rcode, out, begin(query, rcode, 0, out));
}

size_t dns_answer_truncated(const struct dns_query *query, uint8_t *out)
{
    size_t length = dns_answer_empty(query, DNS_NOERROR, out);
    out[2] |= FLAG_TC >> 8;
    return length;
}

size_t dns_answer_addresses(const struct dns_query *query, const uint8_t *addresses,
                            size_t count, uint32_t ttl, uint8_t *out)
{
    size_t size = query->type == DNS_A ? 4 : query->type == DNS_AAAA ? 16 : 0;
    if (size == 0)
        return dns_answer_empty(query, DNS_NOERROR, out);
    if (count > room(query) / (RECORD_SIZE + size))
        count = room(query) / (RECORD_SIZE + size);
    uint8_t *at = begin(query, DNS_NOERROR, count, out);
    for (size_t i = 0; i < count; i++)
        at = put_record(at, query->type, ttl, addresses + i * size, size);
    return finish(query, DNS_NOERROR, out, at);
}

/* Presentation form to wire form; its length, or 0 for what is no name. */
static size_t encode_name(const char *name, uint8_t wire[WIRE_NAME_MAX])
{
    size_t length = 0;
    while (*name != '\0') {
        size_t label = strcspn(name, ".");
        if (label < 1 || label > LABEL_MAX || length + label + 2 > WIRE_NAME_MAX)
            return 0;
        wire[length++] = (uint8_t)label;
        memcpy(wire + length, name, label);
        length += label;
        name += label;
        if (*name == '.' && *++name == '\0')
            return 0;
    }
    wire[length++] = 0;
    return length;
}

size_t dns_answer_name(const struct dns_query *query, const char *name, uint32_t ttl,
                       uint8_t *out)
{
    uint8_t wire[WIRE_NAME_MAX];
    size_t length = encode_name(name, wire);
    if (length == 0 || RECORD_SIZE + length > room(query))
        return dns_answer_empty(query, DNS_SERVFAIL, out);
    uint8_t *at = begin(query, DNS_NOERROR, 1, out);
    at = put_record(at, DNS_PTR, ttl, wire, length);
    return finish(query, DNS_NOERROR, out, at);
}

/* --- reverse names -------------------------------------------------------------------- */

/* "7.0.18.198." */
static const char *reverse_v4(const char *name, uint8_t address[16])
{
    for (size_t i = 4; i-- > 0;) {
        size_t digits = strspn(name, "0123456789");
        unsigned value = 0;
        if (digits < 1 || digits > 3 || (digits > 1 && *name == '0') || name[digits] != '.')
            return NULL;
        for (; *name != '.'; name++)
            value = value * 10 + (unsigned)(*name - '0');
        if (value > 255)
            return NULL;
        address[i] = (uint8_t)value;
        name++;
    }
    return name;
}

/* "1.0.0. … .8.b.d.0.1.0.0.2.", a nibble each */
static const char *reverse_v6(const char *name, uint8_t address[16])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 32; i-- > 0; name += 2) {
        const char *digit = *name != '\0' ? strchr(digits, *name) : NULL;
        if (!digit || name[1] != '.')
            return NULL;
        unsigned nibble = (unsigned)(digit - digits);
        if (i % 2 == 1)
            address[i / 2] = (uint8_t)nibble;
        else
            address[i / 2] |= (uint8_t)(nibble << 4);
    }
    return name;
}

int dns_reverse_name(const char *name, int *family, uint8_t address[16])
{
    uint8_t bytes[16] = {0};
    const char *zone = reverse_v4(name, bytes);
    int found = zone && strcmp(zone, "in-addr.arpa") == 0 ? AF_INET : 0;
    if (!found) {
        zone = reverse_v6(name, bytes);
        found = zone && strcmp(zone, "ip6.arpa") == 0 ? AF_INET6 : 0;
    }
    if (!found)
        return -1;
    *family = found;
    memcpy(address, bytes, sizeof bytes);
    return 0;
}
