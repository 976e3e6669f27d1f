#include "check.h"
#include "table.h"

#include <stdio.h>

static struct table table;

static void empty(void)
{
    table_init(&table);
    CHECK(table_get(&table, "a") == TABLE_NONE);
    CHECK(table_remove(&table, "a") == TABLE_NONE);
    CHECK(table.live == 0);
    table_free(&table);
}

static void set_and_get(void)
{
    table_init(&table);
    CHECK(table_set(&table, "a", 1) == TABLE_NONE);
    CHECK(table_set(&table, "b", 2) == TABLE_NONE);
    CHECK(table_get(&table, "a") == 1);
    CHECK(table_get(&table, "b") == 2);
    CHECK(table_get(&table, "") == TABLE_NONE);
    CHECK(table.live == 2);
    table_free(&table);
}

static void set_again(void)
{
    table_init(&table);
    table_set(&table, "a", 1);
    CHECK(table_set(&table, "a", 5) == 1);
    CHECK(table_get(&table, "a") == 5);
    CHECK(table.live == 1);
    table_free(&table);
}

static void remove_one(void)
{
    table_init(&table);
    table_set(&table, "a", 1);
    table_set(&table, "b", 2);
    CHECK(table_remove(&table, "a") == 1);
    CHECK(table_get(&table, "a") == TABLE_NONE);
    CHECK(table_get(&table, "b") == 2);
    CHECK(table.live == 1);
    CHECK(table_set(&table, "a", 3) == TABLE_NONE);
    CHECK(table_get(&table, "a") == 3);
    table_free(&table);
}

static void the_pointer_is_replaced(void)
{
    char first[] = "key", second[] = "key";

    table_init(&table);
    table_set(&table, first, 1);
    table_set(&table, second, 2);
    first[0] = 'x';
    CHECK(table_get(&table, "key") == 2);
    table_free(&table);
}

static void grows(void)
{
    static char names[500][8];
    int at;

    table_init(&table);
    for (at = 0; at < 500; at++) {
        snprintf(names[at], sizeof names[at], "k%d", at);
        CHECK(table_set(&table, names[at], at) == TABLE_NONE);
    }
    CHECK(table.live == 500);
    for (at = 0; at < 500; at += 2)
        CHECK(table_remove(&table, names[at]) == at);
    for (at = 0; at < 500; at++)
        CHECK(table_get(&table, names[at]) == (at % 2 ? at : TABLE_NONE));
    table_free(&table);
}

static const struct check_case cases[] = {
    {"table_empty", empty},
    {"table_set_and_get", set_and_get},
    {"table_set_again", set_again},
    {"table_remove_one", remove_one},
    {"table_the_pointer_is_replaced", the_pointer_is_replaced},
    {"table_grows", grows},
};

CHECK_MAIN(cases)
