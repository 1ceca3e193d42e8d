/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared/parse.h"

#include <arpa/inet.h>
#include <string.h>

#include "shared/ascii.h"
#include "shared/session.h"

static bool is_same_word(const char *text, const char *word)
{
    while (*text && to_lower(*text) == *word)
        text++, word++;
    return *text == '\0' && *word == '\0';
}

/* Reads the digits that text begins with. Returns what follows them, NULL if there are none
 * or they pass 64 bits. */
static const char *take_digits(const char *text, uint64_t *value)
{
    uint64_t sum = 0;
    const char *p = text;
    for (; is_digit(*p); p++)
        if (__builtin_mul_overflow(sum, 10U, &sum) ||
            __builtin_add_overflow(sum, (uint64_t)(*p - '0'), &sum))
            return NULL;
    if (p == text)
        return NULL;
    *value = sum;
    return p;
}

int parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
    uint64_t number;
    const char *end = take_digits(text, &number);
    if (!end || *end != '\0' || number < min || number > max)
        return -1;
    *value = number;
    return 0;
}

int parse_bool(const char *text, bool *value)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {{"yes", true}, {"no", false},  {"true", true}, {"false", false},
                 {"on", true},  {"off", false}, {"1", true},    {"0", false}};
    for (size_t i = 0; i < array_length(words); i++) {
        if (is_same_word(text, words[i].word)) {
            *value = words[i].value;
            return 0;
        }
    }
    return -1;
}

/* A number with the unit that follows it; false if there is no such unit or it overflows. */
struct unit {
    const char *word;
    uint64_t factor;
};

static int parse_with_unit(const char *text, const struct unit *units, size_t count,
                           uint64_t *value)
{
    uint64_t number;
    const char *word = take_digits(text, &number);
    if (!word)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (is_same_word(word, units[i].word))
            return __builtin_mul_overflow(number, units[i].factor, value) ? -1 : 0;
    return -1;
}

int parse_duration(const char *text, uint64_t *seconds)
{
    static const struct unit units[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
    const uint64_t most = UINT64_C(10) * 365 * 86400;
    uint64_t value;
    if (parse_with_unit(text, units, array_length(units), &value) < 0 || value < 1 ||
        value > most)
        return -1;
    *seconds = value;
    return 0;
}

int parse_size(const char *text, uint64_t *bytes)
{
#define UNIT(letter, power)                                                                    \
    {letter, UINT64_C(1) << power}, {letter "b", UINT64_C(1) << power},                        \
    {                                                                                          \
        letter "ib", UINT64_C(1) << power                                                      \
    }
    static const struct unit units[] = {
        {"", 1}, {"b", 1}, UNIT("k", 10), UNIT("m", 20), UNIT("g", 30), UNIT("t", 40),
    };
#undef UNIT
    uint64_t value;
    if (parse_with_unit(text, units, array_length(units), &value) < 0)
        return -1;
    *bytes = value;
    return 0;
}

int parse_cpus(const char *text, uint32_t *thousandths)
{
    uint64_t whole = 0, part = 0;
    const char *p = text;
    if (*p != '.' && !(p = take_digits(p, &whole)))
        return -1;
    if (*p == '.') {
        p++;
        for (uint64_t weight = 100; weight > 0 && is_digit(*p); weight /= 10)
            part += weight * (uint64_t)(*p++ - '0');
        if (!is_digit(p[-1]))
            return -1;
    }
    if (*p != '\0' || whole > 100000 || whole * 1000 + part < 10)
        return -1;
    *thousandths = (uint32_t)(whole * 1000 + part);
    return 0;
}

/* Splits "[address]rest" or "address:rest" off the front of a port. */
static int take_host_ip(const char **text, struct port *port)
{
    const char *start = *text, *end;
    port->family = *start == '[' ? AF_INET6 : AF_INET;
    end = strchr(start, *start == '[' ? ']' : ':');
    start += *start == '[';
    char host_ip[sizeof port->host_ip];
    if (!end || (size_t)(end - start) >= sizeof host_ip)
        return -1;
    memcpy(host_ip, start, (size_t)(end - start));
    host_ip[end - start] = '\0';
    end += *end == ']';
    struct in6_addr address;
    if (*end != ':' || inet_pton(port->family, host_ip, &address) != 1)
        return -1;
    (void)inet_ntop(port->family, &address, port->host_ip, sizeof port->host_ip);
    *text = end + 1;
    return 0;
}

int parse_port(const char *text, struct port *port)
{
    static const struct {
        const char *word;
        uint8_t protocol;
    } endings[] = {{"", IPPROTO_TCP}, {"/tcp", IPPROTO_TCP}, {"/udp", IPPROTO_UDP}};
    struct port got = {.family = AF_INET, .host_ip = "127.0.0.1"};
    const char *start = text;

    const char *colon = strchr(text, ':');
    if (text[0] == '[' || (colon && strchr(colon + 1, ':')))
        if (take_host_ip(&text, &got) < 0)
            return -1;
    uint64_t host = 0, container;
    colon = strchr(text, ':');
    if (colon) {
        /* Only behind an address may it be left out: "127.0.0.1::80". */
        bool left_out = colon == text && text > start;
        if (!left_out && take_digits(text, &host) != colon)
            return -1;
        text = colon + 1;
    }
    text = take_digits(text, &container);
    if (!text || host > UINT16_MAX || container < 1 || container > UINT16_MAX)
        return -1;
    for (size_t i = 0; i < array_length(endings); i++) {
        if (is_same_word(text, endings[i].word)) {
            got.host = (uint16_t)host;
            got.container = (uint16_t)container;
            got.protocol = endings[i].protocol;
            *port = got;
            return 0;
        }
    }
    return -1;
}

bool is_package_name(const char *text)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.+-");
    return length >= 2 && length <= 128 && text[length] == '\0' && !strchr(".+-", text[0]);
}

bool is_env_name(const char *text)
{
    size_t length = 0;
    while (is_letter(text[length]) || is_digit(text[length]) || text[length] == '_')
        length++;
    return length >= 1 && length <= 255 && text[length] == '\0' && !is_digit(text[0]);
}

bool is_box_name(const char *text)
{
    size_t length = 0;
    while (is_letter(text[length]) || is_digit(text[length]) ||
           (length > 0 && text[length] != '\0' && strchr("_.-", text[length])))
        length++;
    return length >= 2 && length <= 128 && text[length] == '\0';
}

enum { WORD_MAX = 63 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edit distance in which two swapped neighbours count as one mistake (optimal string
 * alignment). Both words have at most WORD_MAX bytes. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t rows[3][WORD_MAX + 1]; /* of the full matrix only the last three are needed */
    size_t width = strlen(b), height = strlen(a);
    for (size_t j = 0; j <= width; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= height; i++) {
        size_t *row = rows[i % 3], *above = rows[(i - 1) % 3], *swap = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            row[j] =
                least(least(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], swap[j - 2] + 1);
        }
    }
    return rows[height % 3][width];
}

const char *nearest_word(const char *word, const char *const *words, size_t count)
{
    size_t length = strlen(word);
    size_t best = length <= 2 ? 1 : 1 + length / 3; /* distance from which on it is another */
    const char *nearest = NULL;
    if (length > WORD_MAX)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t distance = strlen(words[i]) > WORD_MAX ? best : edit_distance(word, words[i]);
        if (distance < best) {
            best = distance;
            nearest = words[i];
        }
    }
    return nearest;
}
