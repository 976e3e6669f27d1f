#include "check.h"
#include "linereader.h"

static char storage[16];
static char text[32];
static struct linereader reader;

static void start(void)
{
    linereader_init(&reader, storage, sizeof storage);
}

static size_t feed(const char *bytes)
{
    return linereader_feed(&reader, bytes, strlen(bytes));
}

static int next_is(const char *expected)
{
    return linereader_next(&reader, text, sizeof text) && strcmp(text, expected) == 0;
}

static void nothing_yet(void)
{
    start();
    CHECK(!linereader_next(&reader, text, sizeof text));
    CHECK(feed("abc") == 3);
    CHECK(!linereader_next(&reader, text, sizeof text));
    CHECK(linereader_partial(&reader, text, 2) == 2);
    CHECK(memcmp(text, "ab", 2) == 0);
}

static void two_lines(void)
{
    start();
    CHECK(feed("one\ntwo\nth") == 10);
    CHECK(next_is("one"));
    CHECK(next_is("two"));
    CHECK(!linereader_next(&reader, text, sizeof text));
    CHECK(reader.lines == 2);
}

static void pieces(void)
{
    start();
    feed("he");
    CHECK(!linereader_next(&reader, text, sizeof text));
    feed("llo");
    CHECK(!linereader_next(&reader, text, sizeof text));
    feed("\n");
    CHECK(next_is("hello"));
}

static void carriage_return(void)
{
    start();
    feed("a\r\n\r\nb\rc\n");
    CHECK(next_is("a"));
    CHECK(next_is(""));
    CHECK(next_is("b\rc"));
}

static void text_is_cut(void)
{
    start();
    feed("abcdef\nx\n");
    CHECK(linereader_next(&reader, text, 4));
    CHECK(strcmp(text, "abc") == 0);
    CHECK(next_is("x"));
}

static void overlong_line(void)
{
    start();
    CHECK(feed("0123456789abcdefghij\nok\n") == 24);
    CHECK(next_is("ok"));
    CHECK(reader.overlong == 1);
    CHECK(reader.lines == 1);
}

static void full_of_lines(void)
{
    start();
    CHECK(feed("1234567\n1234567\nxyz\n") == 16);
    CHECK(next_is("1234567"));
    CHECK(feed("xyz\n") == 4);
    CHECK(next_is("1234567"));
    CHECK(next_is("xyz"));
}

static const struct check_case cases[] = {
    {"line_nothing_yet", nothing_yet},
    {"line_two_lines", two_lines},
    {"line_pieces", pieces},
    {"line_carriage_return", carriage_return},
    {"line_text_is_cut", text_is_cut},
    {"line_overlong", overlong_line},
    {"line_full_of_lines", full_of_lines},
};

CHECK_MAIN(cases)
