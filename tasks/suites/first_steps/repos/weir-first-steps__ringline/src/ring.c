#include "ring.h"

#include <string.h>

void ring_init(struct ring *ring, void *storage, size_t size)
{
    ring->data = storage;
    ring->size = size;
    ring_clear(ring);
}

void ring_clear(struct ring *ring)
{
    ring->start = 0;
    ring->used = 0;
}

size_t ring_used(const struct ring *ring)
{
    return ring->used;
}

size_t ring_room(const struct ring *ring)
{
    return ring->size - ring->used;
}

size_t ring_write(struct ring *ring, const void *bytes, size_t count)
{
    const unsigned char *from = bytes;
    size_t end, first;

    if (count > ring_room(ring))
        count = ring_room(ring);
    if (count == 0)
        return 0;
    end = (ring->start + ring->used) % ring->size;
    first = ring->size - end;
    if (first > count)
        first = count;
    memcpy(ring->data + end, from, first);
    memcpy(ring->data, from + first, count - first);
    ring->used += count;
    return count;
}

size_t ring_peek(const struct ring *ring, size_t from, void *bytes, size_t count)
{
    unsigned char *to = bytes;
    size_t at, first;

    if (from >= ring->used)
        return 0;
    if (count > ring->used - from)
        count = ring->used - from;
    at = ring->start + from;
    first = at < ring->size ? ring->size - at : 0;
    if (first > count)
        first = count;
    memcpy(to, ring->data + at, first);
    memcpy(to + first, ring->data, count - first);
    return count;
}

size_t ring_drop(struct ring *ring, size_t count)
{
    if (count > ring->used)
        count = ring->used;
    ring->used -= count;
    ring->start = ring->used ? (ring->start + count) % ring->size : 0;
    return count;
}

size_t ring_read(struct ring *ring, void *bytes, size_t count)
{
    return ring_drop(ring, ring_peek(ring, 0, bytes, count));
}

size_t ring_find(const struct ring *ring, unsigned char byte, size_t from)
{
    const unsigned char *hit;
    size_t at, first;

    if (from >= ring->used)
        return RING_NONE;
    at = ring->start + from;
    first = ring->size - ring->start;
    if (first > ring->used)
        first = ring->used;
    if (from < first) {
        hit = memchr(ring->data + at, byte, first - from);
        if (hit)
            return (size_t)(hit - ring->data) - ring->start;
        from = first;
    }
    hit = memchr(ring->data + (from - first), byte, ring->used - from);
    return hit ? (size_t)(hit - ring->data) : RING_NONE;
}
