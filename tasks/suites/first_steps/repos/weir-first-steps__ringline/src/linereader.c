#include "linereader.h"

#include <string.h>

void linereader_init(struct linereader *reader, void *storage, size_t size)
{
    ring_init(&reader->ring, storage, size);
    reader->searched = 0;
    reader->skipping = 0;
    reader->lines = 0;
    reader->overlong = 0;
}

/* The position of the next line end, remembering what was searched. */
static size_t line_end(struct linereader *reader)
{
    size_t at = ring_find(&reader->ring, '\n', reader->searched);

    reader->searched = at == RING_NONE ? ring_used(&reader->ring) : at;
    return at;
}

/* Bytes of an overlong line do not enter the ring; those up to and including
 * its line end are passed over. */
static size_t skip(struct linereader *reader, const char *bytes, size_t count)
{
    const char *end = memchr(bytes, '\n', count);

    if (!end)
        return count;
    reader->skipping = 0;
    return (size_t)(end - bytes) + 1;
}

size_t linereader_feed(struct linereader *reader, const char *bytes, size_t count)
{
    size_t taken = 0;

    while (taken < count) {
        if (reader->skipping) {
            taken += skip(reader, bytes + taken, count - taken);
            continue;
        }
        taken += ring_write(&reader->ring, bytes + taken, count - taken);
        if (taken == count || line_end(reader) != RING_NONE)
            break;
        /* Full without a line end in sight: give this line up. */
        ring_clear(&reader->ring);
        reader->searched = 0;
        reader->overlong++;
        reader->skipping = 1;
    }
    return taken;
}

int linereader_next(struct linereader *reader, char *text, size_t size)
{
    size_t length = line_end(reader);
    size_t copied;

    if (length == RING_NONE)
        return 0;
    copied = ring_peek(&reader->ring, 0, text, length < size ? length : size - 1);
    if (copied == length && copied > 0 && text[copied - 1] == '\r')
        copied--;
    text[copied] = '\0';
    ring_drop(&reader->ring, length + 1);
    reader->searched = 0;
    reader->lines++;
    return 1;
}

size_t linereader_partial(const struct linereader *reader, char *bytes, size_t count)
{
    return ring_peek(&reader->ring, 0, bytes, count);
}
