#!/bin/bash
set -e
# step: look at the example
od -A d -t x1z /app/sample.bin | head -n 8
cat /app/sample.csv
# step: write the decoder
cat > /app/decode.c <<'SOURCE'
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char *station;
static size_t station_size;

static struct {
    int known;
    unsigned decimals;
    const unsigned char *name;
    size_t size;
} channels[256];

static int64_t correction;

static unsigned crc(const unsigned char *data, size_t size)
{
    unsigned value = 0xFFFF;

    while (size--) {
        value ^= (unsigned)*data++ << 8;
        for (int bit = 0; bit < 8; bit++)
            value = (value & 0x8000 ? value << 1 ^ 0x1021 : value << 1) & 0xFFFF;
    }
    return value;
}

static uint64_t read_varint(const unsigned char **at)
{
    uint64_t number = 0;
    unsigned shift = 0;

    for (;; shift += 7) {
        unsigned char byte = *(*at)++;

        number |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return number;
    }
}

/* Two's complement, so that all sums may wrap around on the way. */
static uint64_t read_signed(const unsigned char **at)
{
    uint64_t number = read_varint(at);

    return number & 1 ? ~(number >> 1) : number >> 1;
}

static void print_time(int64_t seconds)
{
    int64_t days = seconds / 86400, rest = seconds % 86400;
    int year = 1970, month = 0;

    if (rest < 0) {
        rest += 86400;
        days--;
    }
    while (days < 0)
        year--, days += 365 + (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
    for (;;) {
        int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        const int lengths[] = {31, 28 + leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

        if (days >= 365 + leap) {
            days -= 365 + leap;
            year++;
            continue;
        }
        while (days >= lengths[month])
            days -= lengths[month++];
        break;
    }
    printf("%04d-%02d-%02dT%02d:%02d:%02dZ", year, month + 1, (int)days + 1, (int)(rest / 3600),
           (int)(rest / 60 % 60), (int)(rest % 60));
}

static void print_measurement(unsigned channel, int64_t time, uint64_t value)
{
    int negative = (int64_t)value < 0;
    uint64_t size = negative ? 0 - value : value, unit = 1;
    unsigned decimals = channels[channel].decimals;

    print_time(time + correction);
    putchar(',');
    fwrite(station, 1, station_size, stdout);
    putchar(',');
    if (channels[channel].known)
        fwrite(channels[channel].name, 1, channels[channel].size, stdout);
    else
        printf("#%u", channel);
    for (unsigned n = 0; n < decimals; n++)
        unit *= 10;
    printf(",%s%" PRIu64, negative ? "-" : "", size / unit);
    if (decimals)
        printf(".%0*" PRIu64, (int)decimals, size % unit);
    putchar('\n');
}

static void measurements(const unsigned char *at, const unsigned char *end)
{
    unsigned channel = at[0];
    uint32_t start = at[1] | (uint32_t)at[2] << 8 | (uint32_t)at[3] << 16 | (uint32_t)at[4] << 24;
    int64_t time = (int32_t)start, gap = 0;
    uint64_t value, step = 0;

    at += 5;
    value = read_signed(&at);
    print_measurement(channel, time, value);
    while (at < end) {
        uint64_t number = read_varint(&at), times = 1;

        if (number & 1) {
            times = number >> 1;
        } else {
            gap = (int64_t)(number >> 1);
            step = read_signed(&at);
        }
        while (times--) {
            time += gap;
            value += step;
            print_measurement(channel, time, value);
        }
    }
}

static void use_block(unsigned type, const unsigned char *payload, size_t size)
{
    if (type == 1) {
        channels[payload[0]].known = 1;
        channels[payload[0]].decimals = payload[1];
        channels[payload[0]].name = payload + 2;
        channels[payload[0]].size = size - 2;
    } else if (type == 2) {
        measurements(payload, payload + size);
    } else if (type == 3) {
        correction += (int64_t)read_signed(&payload);
    }
}

static unsigned char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    unsigned char *data = NULL;
    size_t room = 0, got;

    *size = 0;
    if (!file)
        return NULL;
    do {
        room = room * 2 + 4096;
        data = realloc(data, room);
        if (!data)
            return NULL;
        got = fread(data + *size, 1, room - *size, file);
        *size += got;
    } while (*size == room);
    fclose(file);
    return data;
}

int main(int argc, char **argv)
{
    size_t size, at;
    unsigned long damaged = 0;
    unsigned char *data = argc == 2 ? read_file(argv[1], &size) : NULL;

    if (!data || size < 6 || memcmp(data, "WSC1", 4) != 0)
        return 2;
    station_size = (size_t)data[4] << 8 | data[5];
    station = data + 6;
    at = 6 + station_size;
    if (at > size)
        return 2;
    puts("time,station,channel,value");
    while (at + 1 < size) {
        size_t length;

        if (data[at] != 0xA5 || data[at + 1] != 0x5A) {
            at++;
            continue;
        }
        length = size - at >= 7 ? data[at + 3] | (size_t)data[at + 4] << 8 : 0;
        if (size - at < 7 + length ||
            crc(data + at + 2, length + 3) != (data[at + 5 + length] | (unsigned)data[at + 6 + length] << 8)) {
            damaged++;
            at++;
            continue;
        }
        use_block(data[at + 2], data + at + 5, length);
        at += 7 + length;
    }
    if (damaged)
        fprintf(stderr, "damaged: %lu\n", damaged);
    return damaged > 0;
}
SOURCE
# step: compile it and compare the example
cd /app
gcc -std=c11 -O1 -o decode decode.c
bash check.sh
# step: decode the capture
cd /app
./decode capture.bin > capture.csv || test $? -eq 1
wc -l < capture.csv
