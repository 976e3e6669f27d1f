#include "check.h"
#include "ring.h"

static unsigned char storage[8];
static unsigned char out[16];

static struct ring fresh(void)
{
    struct ring ring;

    ring_init(&ring, storage, sizeof storage);
    memset(out, '#', sizeof out);
    return ring;
}

static void empty(void)
{
    struct ring ring = fresh();

    CHECK(ring_used(&ring) == 0);
    CHECK(ring_room(&ring) == 8);
    CHECK(ring_read(&ring, out, 4) == 0);
    CHECK(ring_find(&ring, 'a', 0) == RING_NONE);
}

static void write_then_read(void)
{
    struct ring ring = fresh();

    CHECK(ring_write(&ring, "hello", 5) == 5);
    CHECK(ring_read(&ring, out, 16) == 5);
    CHECK(memcmp(out, "hello#", 6) == 0);
    CHECK(ring_used(&ring) == 0);
}

static void write_stops_when_full(void)
{
    struct ring ring = fresh();

    CHECK(ring_write(&ring, "abcdefghij", 10) == 8);
    CHECK(ring_room(&ring) == 0);
    CHECK(ring_read(&ring, out, 16) == 8);
    CHECK(memcmp(out, "abcdefgh#", 9) == 0);
}

static void read_across_the_end(void)
{
    struct ring ring = fresh();

    ring_write(&ring, "abcdef", 6);
    CHECK(ring_drop(&ring, 4) == 4);
    CHECK(ring_write(&ring, "ghijk", 5) == 5);
    CHECK(ring_read(&ring, out, 16) == 7);
    CHECK(memcmp(out, "efghijk#", 8) == 0);
}

static void peek_in_the_middle(void)
{
    struct ring ring = fresh();

    ring_write(&ring, "abcdef", 6);
    CHECK(ring_peek(&ring, 2, out, 3) == 3);
    CHECK(memcmp(out, "cde#", 4) == 0);
    CHECK(ring_peek(&ring, 4, out, 9) == 2);
    CHECK(ring_peek(&ring, 6, out, 1) == 0);
    CHECK(ring_used(&ring) == 6);
}

static void peek_across_the_end(void)
{
    struct ring ring = fresh();

    ring_write(&ring, "abcdef", 6);
    ring_drop(&ring, 5);
    ring_write(&ring, "ghijk", 5);
    CHECK(ring_peek(&ring, 1, out, 4) == 4);
    CHECK(memcmp(out, "ghij#", 5) == 0);
}

static void find_first(void)
{
    struct ring ring = fresh();

    ring_write(&ring, "abcabc", 6);
    CHECK(ring_find(&ring, 'b', 0) == 1);
    CHECK(ring_find(&ring, 'b', 1) == 1);
    CHECK(ring_find(&ring, 'b', 2) == 4);
    CHECK(ring_find(&ring, 'b', 5) == RING_NONE);
    CHECK(ring_find(&ring, 'x', 0) == RING_NONE);
}

static void find_after_drop(void)
{
    struct ring ring = fresh();

    ring_write(&ring, "abcdef", 6);
    ring_drop(&ring, 2);
    CHECK(ring_find(&ring, 'e', 0) == 2);
    CHECK(ring_find(&ring, 'a', 0) == RING_NONE);
    ring_write(&ring, "ghij", 4);
    CHECK(ring_find(&ring, 'h', 1) == 5);
}

static const struct check_case cases[] = {
    {"ring_empty", empty},
    {"ring_write_then_read", write_then_read},
    {"ring_write_stops_when_full", write_stops_when_full},
    {"ring_read_across_the_end", read_across_the_end},
    {"ring_peek_in_the_middle", peek_in_the_middle},
    {"ring_peek_across_the_end", peek_across_the_end},
    {"ring_find_first", find_first},
    {"ring_find_after_drop", find_after_drop},
};

CHECK_MAIN(cases)
