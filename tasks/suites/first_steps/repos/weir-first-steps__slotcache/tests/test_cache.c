#include "cache.h"
#include "check.h"

static struct cache cache;
static char seen[256];

static void note(void *data, const char *key, const char *value)
{
    (void)data;
    strcat(strcat(strcat(strcat(seen, key), "="), value), " ");
}

/* All pairs as text, the most recently used first. */
static const char *all(void)
{
    seen[0] = 0;
    cache_each(&cache, note, NULL);
    return seen;
}

static int text_is(const char *got, const char *expected)
{
    return got && strcmp(got, expected) == 0;
}

static void put_and_get(void)
{
    cache_init(&cache, 4, 100);
    CHECK(cache_put(&cache, "a", "one"));
    CHECK(cache_put(&cache, "b", "two"));
    CHECK(text_is(cache_get(&cache, "a"), "one"));
    CHECK(text_is(cache_get(&cache, "b"), "two"));
    CHECK(cache_get(&cache, "c") == NULL);
    CHECK(cache.count == 2);
    CHECK(cache.bytes == 8);
    cache_free(&cache);
}

static void order_of_use(void)
{
    cache_init(&cache, 4, 100);
    cache_put(&cache, "a", "1");
    cache_put(&cache, "b", "2");
    cache_put(&cache, "c", "3");
    CHECK(text_is(all(), "c=3 b=2 a=1 "));
    cache_get(&cache, "a");
    cache_get(&cache, "b");
    cache_peek(&cache, "c");
    CHECK(text_is(all(), "b=2 a=1 c=3 "));
    cache_free(&cache);
}

static void slots_run_out(void)
{
    cache_init(&cache, 2, 100);
    cache_put(&cache, "a", "1");
    cache_put(&cache, "b", "2");
    cache_get(&cache, "a");
    CHECK(cache_put(&cache, "c", "3"));
    CHECK(text_is(all(), "c=3 a=1 "));
    CHECK(cache.evictions == 1);
    CHECK(cache_get(&cache, "b") == NULL);
    cache_free(&cache);
}

static void bytes_run_out(void)
{
    cache_init(&cache, 9, 10);
    cache_put(&cache, "a", "123");
    cache_put(&cache, "b", "123");
    CHECK(cache_put(&cache, "c", "12345"));
    CHECK(text_is(all(), "c=12345 b=123 "));
    CHECK(cache.bytes == 10);
    cache_free(&cache);
}

static void too_large(void)
{
    cache_init(&cache, 4, 5);
    cache_put(&cache, "a", "1234");
    CHECK(!cache_put(&cache, "b", "12345"));
    CHECK(text_is(all(), "a=1234 "));
    CHECK(cache.evictions == 0);
    cache_free(&cache);
}

static void replace(void)
{
    cache_init(&cache, 4, 100);
    cache_put(&cache, "a", "1");
    cache_put(&cache, "b", "2");
    CHECK(cache_put(&cache, "a", "longer"));
    CHECK(text_is(all(), "a=longer b=2 "));
    CHECK(cache.count == 2);
    CHECK(cache.bytes == 9);
    CHECK(cache.evictions == 0);
    cache_free(&cache);
}

static void removed_slots_are_used_again(void)
{
    cache_init(&cache, 2, 100);
    cache_put(&cache, "a", "1");
    cache_put(&cache, "b", "2");
    CHECK(cache_remove(&cache, "a"));
    CHECK(!cache_remove(&cache, "a"));
    CHECK(cache_put(&cache, "c", "3"));
    CHECK(text_is(all(), "c=3 b=2 "));
    CHECK(cache.evictions == 0);
    cache_free(&cache);
}

static void limit_lowered(void)
{
    cache_init(&cache, 4, 100);
    cache_put(&cache, "a", "1");
    cache_put(&cache, "b", "2");
    cache_put(&cache, "c", "3");
    cache_set_limit(&cache, 5);
    CHECK(text_is(all(), "c=3 b=2 "));
    CHECK(cache.bytes == 4);
    cache_set_limit(&cache, 0);
    CHECK(cache.count == 0);
    CHECK(cache.evictions == 3);
    cache_free(&cache);
}

static const struct check_case cases[] = {
    {"cache_put_and_get", put_and_get},
    {"cache_order_of_use", order_of_use},
    {"cache_slots_run_out", slots_run_out},
    {"cache_bytes_run_out", bytes_run_out},
    {"cache_too_large", too_large},
    {"cache_replace", replace},
    {"cache_removed_slots_are_used_again", removed_slots_are_used_again},
    {"cache_limit_lowered", limit_lowered},
};

CHECK_MAIN(cases)
