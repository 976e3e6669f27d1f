#ifndef CACHE_H
#define CACHE_H

#include "table.h"

struct cache_slot {
    char *key;
    char *value;
    int newer; /* neighbours in the order of use; newer also links free slots */
    int older;
};

struct cache {
    struct table table;
    struct cache_slot *slots;
    int newest;
    int oldest;
    int free;
    size_t count;
    size_t bytes;
    size_t limit; /* bytes */
    unsigned long evictions;
};

void cache_init(struct cache *cache, int slots, size_t limit);
void cache_free(struct cache *cache);

/* Returns 1, or 0 when the pair is larger than the limit. */
int cache_put(struct cache *cache, const char *key, const char *value);

/* The value of a key or NULL. The text is valid until the next change. */
const char *cache_get(struct cache *cache, const char *key);
const char *cache_peek(const struct cache *cache, const char *key);

/* Returns whether the key was there. */
int cache_remove(struct cache *cache, const char *key);

/* Change the limit, evicting what no longer fits. */
void cache_set_limit(struct cache *cache, size_t limit);

/* Call a function for every pair, the most recently used first. */
void cache_each(const struct cache *cache,
                void (*call)(void *data, const char *key, const char *value), void *data);

#endif
