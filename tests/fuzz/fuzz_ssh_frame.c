/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uses: init/ssh/frame.c init/ssh/wire.c init/ssh/identities.c init/ssh/key.c */
/*
 * Bytes from a client, and bytes from an agent. A frame that is cut off asks for more and never
 * says less; what is read from one lies in it; an answer of ours is one that a client would
 * take, and has no key that was not chosen.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "init/ssh/frame.h"
#include "init/ssh/identities.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool promise)
{
    if (!promise)
        abort();
}

static void within(struct bytes part, struct bytes whole)
{
    must(part.length == 0 ||
         (part.data >= whole.data && part.data + part.length <= whole.data + whole.length));
}

static void as_request(struct bytes frame)
{
    struct request request;
    frame_request(frame, &request);
    const struct bytes parts[] = {request.key, request.data, request.host_key, request.session};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        within(parts[i], frame);
        must(request.kind != REQUEST_REFUSED || parts[i].data == NULL);
    }
    must(request.kind == REQUEST_REFUSED || frame.data[0] == AGENT_REQUEST_IDENTITIES ||
         frame.data[0] == AGENT_SIGN_REQUEST || frame.data[0] == AGENT_EXTENSION);
}

static void as_list(struct bytes frame, const struct strings *chosen)
{
    struct identities identities;
    identities_init(&identities, chosen);
    if (identities_take(&identities, frame) == 0) {
        struct bytes shown = {(const uint8_t *)identities.shown.data, identities.shown.length};
        must(frame_size(shown.data, shown.length) == shown.length);
        shown = (struct bytes){shown.data + FRAME_LENGTH, shown.length - FRAME_LENGTH};
        must(frame_answers(REQUEST_LIST, shown));
        must(identities.count <= IDENTITIES_MAX);
        size_t visible = 0;
        for (size_t i = 0; i < identities.count; i++)
            visible += identities.items[i].visible;
        must(visible == wire_peek(shown.data + 1));
        must(chosen->count > 0 || bytes_equal(shown, frame));
        must(identities_take(&identities, frame) == 0);
    } else {
        must(identities.count == 0);
    }
    identities_free(&identities);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char fingerprint[] = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
                pattern[] = "*@work";
    char *words[] = {fingerprint, pattern, NULL};
    const struct strings all = {NULL, 0}, some = {words, 2};
    /* From a copy, so that the sanitizer sees a byte too many. */
    uint8_t *copy = malloc(size + 1);
    must(copy != NULL);
    memcpy(copy + 1, data, size);
    const struct bytes frame = {copy + 1, size};
    size_t whole = frame_size(frame.data, frame.length);
    must(whole == 0 || (whole >= FRAME_LENGTH && whole <= FRAME_WHOLE_MAX));
    must(whole != FRAME_LENGTH || size < FRAME_LENGTH);
    as_request(frame);
    for (int kind = REQUEST_REFUSED; kind <= REQUEST_QUERY; kind++) {
        if (!frame_answers((enum request_kind)kind, frame))
            continue;
        must(kind != REQUEST_REFUSED);
        if (kind == REQUEST_LIST && frame.data[0] == AGENT_IDENTITIES_ANSWER) {
            as_list(frame, &all);
            as_list(frame, &some);
        }
    }
    free(copy);
    return 0;
}
