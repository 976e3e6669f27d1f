#ifndef RING_H
#define RING_H

#include <stddef.h>

/* A ring of bytes over storage owned by the caller. */
struct ring {
    unsigned char *data;
    size_t size;  /* bytes of storage */
    size_t start; /* index of the oldest byte */
    size_t used;  /* bytes held */
};

#define RING_NONE ((size_t)-1)

void ring_init(struct ring *ring, void *storage, size_t size);
void ring_clear(struct ring *ring);

size_t ring_used(const struct ring *ring);
size_t ring_room(const struct ring *ring);

/* Append up to count bytes; the number of bytes taken is returned. */
size_t ring_write(struct ring *ring, const void *bytes, size_t count);

/* Copy up to count bytes, beginning at position from, without taking them
 * out. The number of bytes copied is returned. */
size_t ring_peek(const struct ring *ring, size_t from, void *bytes, size_t count);

/* Take out up to count of the oldest bytes, copying or discarding them. */
size_t ring_read(struct ring *ring, void *bytes, size_t count);
size_t ring_drop(struct ring *ring, size_t count);

/* The position of the first such byte at or after position from, or
 * RING_NONE. */
size_t ring_find(const struct ring *ring, unsigned char byte, size_t from);

#endif
