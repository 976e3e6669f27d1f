#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>

#define TABLE_NONE (-1)

struct table_entry {
    const char *key;
    int slot;
};

/* A hash table with open addressing from texts to slot numbers. The keys stay
 * property of the caller and must live as long as they are in the table. */
struct table {
    struct table_entry *entries;
    size_t capacity; /* a power of two */
    size_t live;     /* keys in the table */
    size_t gone;     /* entries whose key was removed */
};

void table_init(struct table *table);
void table_free(struct table *table);

/* The slot of a key, or TABLE_NONE. */
int table_get(const struct table *table, const char *key);

/* Map a key to a slot. The slot it was mapped to before is returned, or
 * TABLE_NONE. The pointer to the key is replaced as well. */
int table_set(struct table *table, const char *key, int slot);

/* Take a key out. The slot it was mapped to is returned, or TABLE_NONE. */
int table_remove(struct table *table, const char *key);

#endif
