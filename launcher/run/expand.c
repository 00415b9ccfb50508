/* SPDX-License-Identifier: BSD-2-Clause
 * expand: deflated bytes back to what they were, piece by piece. */
#include "run/expand.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/mem.h"

struct expand {
    z_stream stream;
    enum expand_form form;
    bool whole;
};

/* For inflateInit2 (zlib.h): the largest window, and 16 to read gzip. */
enum { WINDOW = 15, READ_GZIP = 16 };

struct expand *expand_new(enum expand_form form)
{
    struct expand *expand = xcalloc(1, sizeof(*expand));
    expand->form = form;
    if (inflateInit2(&expand->stream, form == EXPAND_GZIP ? WINDOW + READ_GZIP : WINDOW) != Z_OK) {
        abort(); /* no memory */
    }
    return expand;
}

void expand_free(struct expand *expand)
{
    if (expand != NULL) {
        inflateEnd(&expand->stream);
        free(expand);
    }
}

static unsigned at_most(size_t size)
{
    return size > UINT_MAX ? UINT_MAX : (unsigned)size;
}

int expand_step(struct expand *expand, const void *bytes, size_t length, size_t *ret_taken, void *to, size_t room,
                size_t *ret_made)
{
    z_stream *stream = &expand->stream;
    if (expand->whole && length > 0 && expand->form == EXPAND_GZIP) {
        inflateReset(stream);
        expand->whole = false;
    }
    union {
        const void *seen;
        unsigned char *taken; /* the library's type is not const-correct; it only reads */
    } both = {.seen = bytes};
    stream->next_in = both.taken;
    stream->avail_in = at_most(length);
    stream->next_out = to;
    stream->avail_out = at_most(room);
    int result = expand->whole ? Z_STREAM_END : inflate(stream, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
        return -1;
    }
    expand->whole = result == Z_STREAM_END;
    *ret_taken = at_most(length) - stream->avail_in;
    *ret_made = at_most(room) - stream->avail_out;
    return 0;
}

bool expand_is_whole(const struct expand *expand)
{
    return expand->whole;
}
