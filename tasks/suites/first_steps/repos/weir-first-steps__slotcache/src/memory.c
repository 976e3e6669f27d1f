#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *memory_get(size_t size)
{
    void *got = malloc(size ? size : 1);

    if (!got) {
        fputs("out of memory\n", stderr);
        exit(70);
    }
    return got;
}

char *memory_copy(const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(memory_get(size), text, size);
}
