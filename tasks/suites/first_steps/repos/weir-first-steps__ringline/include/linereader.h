#ifndef LINEREADER_H
#define LINEREADER_H

#include "ring.h"

/* Cuts a stream of bytes into lines which end in '\n' or "\r\n". */
struct linereader {
    struct ring ring;
    size_t searched; /* bytes known to hold no line end */
    int skipping;    /* inside a line which was too long */
    unsigned long lines;
    unsigned long overlong;
};

void linereader_init(struct linereader *reader, void *storage, size_t size);

/* Take bytes in; the number of bytes taken is returned. It is less than count
 * when complete lines wait to be fetched and the ring is full. */
size_t linereader_feed(struct linereader *reader, const char *bytes, size_t count);

/* Fetch the next whole line without its line end into text, which has room
 * for size bytes including the final 0; a longer line is cut. Returns 1, or 0
 * when there is no whole line yet. */
int linereader_next(struct linereader *reader, char *text, size_t size);

/* Copy the first bytes of the line that is not finished yet. Whole lines must
 * have been fetched. Returns the number of bytes copied. */
size_t linereader_partial(const struct linereader *reader, char *bytes, size_t count);

#endif
