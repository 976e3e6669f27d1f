#include "table.h"

#include "memory.h"

#include <stdlib.h>
#include <string.h>

/* Marks an entry whose key was removed: searches go on behind it. */
static const char dead[] = "";

static size_t hash(const char *key)
{
    size_t value = 5381;

    while (*key)
        value = value * 33 + (unsigned char)*key++;
    return value;
}

static int is_live(const struct table_entry *entry)
{
    return entry->key != NULL && entry->key != dead;
}

static void clear(struct table *table)
{
    size_t at;

    for (at = 0; at < table->capacity; at++) {
        table->entries[at].key = NULL;
        table->entries[at].slot = TABLE_NONE;
    }
    table->live = 0;
    table->gone = 0;
}

static void allocate(struct table *table, size_t capacity)
{
    table->entries = memory_get(capacity * sizeof *table->entries);
    table->capacity = capacity;
    clear(table);
}

void table_init(struct table *table)
{
    allocate(table, 16);
}

void table_free(struct table *table)
{
    free(table->entries);
    table->entries = NULL;
    table->capacity = 0;
    table->live = 0;
    table->gone = 0;
}

static struct table_entry *find(const struct table *table, const char *key)
{
    size_t at = hash(key);

    for (;; at++) {
        struct table_entry *entry = &table->entries[at & (table->capacity - 1)];

        if (entry->key == NULL)
            return NULL;
        if (is_live(entry) && strcmp(entry->key, key) == 0)
            return entry;
    }
}

int table_get(const struct table *table, const char *key)
{
    const struct table_entry *entry = find(table, key);

    return entry ? entry->slot : TABLE_NONE;
}

/* Move all keys to new entries, leaving removed ones behind. */
static void rehash(struct table *table)
{
    struct table old = *table;
    size_t at;

    allocate(table, old.capacity * 2);
    for (at = 0; at < old.capacity; at++)
        if (is_live(&old.entries[at]))
            table_set(table, old.entries[at].key, old.entries[at].slot);
    table_free(&old);
}

int table_set(struct table *table, const char *key, int slot)
{
    size_t at = hash(key);

    if ((table->live + 1) * 4 > table->capacity * 3)
        rehash(table);
    for (;; at++) {
        struct table_entry *entry = &table->entries[at & (table->capacity - 1)];
        int before = TABLE_NONE;

        if (is_live(entry) && strcmp(entry->key, key) != 0)
            continue;
        if (is_live(entry))
            before = entry->slot;
        else
            table->live++;
        if (entry->key == dead)
            table->gone--;
        entry->key = key;
        entry->slot = slot;
        return before;
    }
}

int table_remove(struct table *table, const char *key)
{
    struct table_entry *entry = find(table, key);
    int slot;

    if (!entry)
        return TABLE_NONE;
    slot = entry->slot;
    entry->key = dead;
    entry->slot = TABLE_NONE;
    table->live--;
    table->gone++;
    if (table->live == 0)
        clear(table);
    return slot;
}
