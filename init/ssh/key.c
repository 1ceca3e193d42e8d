/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/ssh/key.h"

#include <sha2.h>
#include <string.h>

#include "shared/cleanup.h"

/* string type, string nonce, the fields of the plain key, and more. */
static const struct {
    const char *certificate, *plain;
    size_t fields;
} certificates[] = {
    {"ssh-ed25519-cert-v01@openssh.com", "ssh-ed25519", 1},
    {"ssh-rsa-cert-v01@openssh.com", "ssh-rsa", 2},
    {"ecdsa-sha2-nistp256-cert-v01@openssh.com", "ecdsa-sha2-nistp256", 2},
    {"ecdsa-sha2-nistp384-cert-v01@openssh.com", "ecdsa-sha2-nistp384", 2},
    {"ecdsa-sha2-nistp521-cert-v01@openssh.com", "ecdsa-sha2-nistp521", 2},
    {"ssh-dss-cert-v01@openssh.com", "ssh-dss", 4},
    {"sk-ssh-ed25519-cert-v01@openssh.com", "sk-ssh-ed25519@openssh.com", 2},
    {"sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com", 3},
};

void key_digest(struct bytes key, uint8_t out[KEY_DIGEST])
{
    SHA2_CTX hash;
    SHA256Init(&hash);
    SHA256Update(&hash, key.data, key.length);
    SHA256Final(out, &hash);
}

static void plain_digest(const char *type, struct bytes fields, uint8_t out[KEY_DIGEST])
{
    uint8_t length[4];
    SHA2_CTX hash;
    wire_put(length, (uint32_t)strlen(type));
    SHA256Init(&hash);
    SHA256Update(&hash, length, sizeof length);
    SHA256Update(&hash, (const uint8_t *)type, strlen(type));
    SHA256Update(&hash, fields.data, fields.length);
    SHA256Final(out, &hash);
}

static void digest_of_key(struct bytes key, uint8_t out[KEY_DIGEST])
{
    struct bytes rest = key, type;
    if (!wire_string(&rest, &type) || !wire_skip(&rest, 1)) {
        key_digest(key, out);
        return;
    }
    for (size_t i = 0; i < array_length(certificates); i++) {
        struct bytes after = rest;
        if (!bytes_are(type, certificates[i].certificate) ||
            !wire_skip(&after, certificates[i].fields))
            continue;
        plain_digest(certificates[i].plain,
                     (struct bytes){rest.data, rest.length - after.length}, out);
        return;
    }
    key_digest(key, out);
}

void key_fingerprint(struct bytes key, char out[KEY_FINGERPRINT])
{
    static const char prefix[] = "SHA256:",
                      digits[] =
                          "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t digest[KEY_DIGEST + 1] = {0}; /* a whole number of three bytes */
    digest_of_key(key, digest);
    memcpy(out, prefix, sizeof prefix - 1);
    for (size_t i = 0; i < KEY_FINGERPRINT - sizeof prefix; i++) {
        const uint8_t *group = digest + i / 4 * 3;
        uint32_t bits = (uint32_t)group[0] << 16 | (uint32_t)group[1] << 8 | group[2];
        out[sizeof prefix - 1 + i] = digits[bits >> (18 - 6 * (i % 4)) & 63];
    }
    out[KEY_FINGERPRINT - 1] = '\0';
}
