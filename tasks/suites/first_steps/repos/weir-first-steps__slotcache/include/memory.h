#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>

/* Like malloc and strdup, but out of memory ends the program. */
void *memory_get(size_t size);
char *memory_copy(const char *text);

#endif
