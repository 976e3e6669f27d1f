#include "cache.h"

#include "memory.h"

#include <stdlib.h>
#include <string.h>

#define NONE TABLE_NONE

void cache_init(struct cache *cache, int slots, size_t limit)
{
    int at;

    table_init(&cache->table);
    cache->slots = memory_get((size_t)slots * sizeof *cache->slots);
    cache->free = NONE;
    for (at = slots - 1; at >= 0; at--) {
        cache->slots[at].newer = cache->free;
        cache->free = at;
    }
    cache->newest = NONE;
    cache->oldest = NONE;
    cache->count = 0;
    cache->bytes = 0;
    cache->limit = limit;
    cache->evictions = 0;
}

static size_t cost(const char *key, const char *value)
{
    return strlen(key) + strlen(value);
}

/* Put a slot at the new end of the order of use. */
static void link_newest(struct cache *cache, int at)
{
    struct cache_slot *slot = &cache->slots[at];

    slot->newer = NONE;
    slot->older = cache->newest;
    if (cache->newest != NONE)
        cache->slots[cache->newest].newer = at;
    else
        cache->oldest = at;
    cache->newest = at;
}

static void unlink_slot(struct cache *cache, int at)
{
    struct cache_slot *slot = &cache->slots[at];

    if (slot->newer != NONE)
        cache->slots[slot->newer].older = slot->older;
    else
        cache->newest = slot->older;
    if (slot->older != NONE)
        cache->slots[slot->older].newer = slot->newer;
    else
        cache->oldest = slot->newer;
}

/* Give a slot back which the table no longer refers to. */
static void release(struct cache *cache, int at)
{
    struct cache_slot *slot = &cache->slots[at];

    unlink_slot(cache, at);
    cache->count--;
    cache->bytes -= cost(slot->key, slot->value);
    free(slot->key);
    free(slot->value);
    slot->newer = cache->free;
    cache->free = at;
}

static void evict(struct cache *cache)
{
    int at = cache->oldest;

    table_remove(&cache->table, cache->slots[at].key);
    release(cache, at);
    cache->evictions++;
}

void cache_free(struct cache *cache)
{
    while (cache->newest != NONE)
        release(cache, cache->newest);
    table_free(&cache->table);
    free(cache->slots);
    cache->slots = NULL;
}

int cache_put(struct cache *cache, const char *key, const char *value)
{
    size_t needed = cost(key, value);
    struct cache_slot *slot;
    int at, before;

    if (needed > cache->limit)
        return 0;
    while (cache->oldest != NONE && (cache->bytes + needed > cache->limit || cache->free == NONE))
        evict(cache);
    if (cache->free == NONE)
        return 0;
    at = cache->free;
    slot = &cache->slots[at];
    cache->free = slot->newer;
    slot->key = memory_copy(key);
    slot->value = memory_copy(value);
    before = table_set(&cache->table, slot->key, at);
    if (before != NONE)
        release(cache, before);
    link_newest(cache, at);
    cache->count++;
    cache->bytes += needed;
    return 1;
}

const char *cache_get(struct cache *cache, const char *key)
{
    int at = table_get(&cache->table, key);

    if (at == NONE)
        return NULL;
    unlink_slot(cache, at);
    link_newest(cache, at);
    return cache->slots[at].value;
}

const char *cache_peek(const struct cache *cache, const char *key)
{
    int at = table_get(&cache->table, key);

    return at == NONE ? NULL : cache->slots[at].value;
}

int cache_remove(struct cache *cache, const char *key)
{
    int at = table_remove(&cache->table, key);

    if (at == NONE)
        return 0;
    release(cache, at);
    return 1;
}

void cache_set_limit(struct cache *cache, size_t limit)
{
    cache->limit = limit;
    while (cache->bytes > limit)
        evict(cache);
}

void cache_each(const struct cache *cache,
                void (*call)(void *data, const char *key, const char *value), void *data)
{
    int at;

    for (at = cache->newest; at != NONE; at = cache->slots[at].older)
        call(data, cache->slots[at].key, cache->slots[at].value);
}
