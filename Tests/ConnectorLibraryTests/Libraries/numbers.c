// A source in C: counts from one to `count`, a message for each number.
#include "tessera_connector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static tessera_bytes bytes(const char *text) { return (tessera_bytes){(const uint8_t *)text, strlen(text)}; }

typedef struct {
    long count, batch;
} numbers;

static long number(tessera_bytes text) {
    char copy[32] = {0};
    memcpy(copy, text.bytes, text.count < 31 ? text.count : 31);
    return strtol(copy, NULL, 10);
}

static tessera_status make(
    void *context, const tessera_setting *settings, size_t count, const tessera_host *host, void **made) {
    (void)context;
    numbers *own = calloc(1, sizeof *own);
    own->count = 1000;
    own->batch = 100;
    for (size_t i = 0; i < count; i++) {
        if (settings[i].name.count == 5 && !memcmp(settings[i].name.bytes, "count", 5)) own->count = number(settings[i].value);
        if (settings[i].name.count == 5 && !memcmp(settings[i].name.bytes, "batch", 5)) own->batch = number(settings[i].value);
    }
    if (own->batch > own->count) {
        host->fail(host->host, bytes("batch"), bytes("it is larger than count"), bytes("Write less."), -1);
        free(own);
        return TESSERA_MEND_SETTINGS;
    }
    *made = own;
    return TESSERA_DONE;
}

static tessera_status probe(void *made, const tessera_host *host) {
    char text[64];
    snprintf(text, sizeof text, "There are %ld numbers.", ((numbers *)made)->count);
    host->found(host->host, bytes(text));
    return TESSERA_DONE;
}

static tessera_status read_numbers(void *made, uint16_t version, const tessera_bytes *position, const tessera_host *host) {
    numbers *own = made;
    (void)version;
    long last = position ? number(*position) : 0, end = last + own->batch;
#ifdef LOSSY
    // Once for every call but the first.
    if (position) last++;
#endif
    char text[256];
    while (last < own->count && last < end) {
        last++;
        if (last % 50 == 0) {
            snprintf(text, sizeof text, "number %ld", last);
            host->reject(host->host, bytes(text), bytes("Fifties are not wanted."));
            continue;
        }
        snprintf(
            text, sizeof text,
            "{\"type\":\"track\",\"event\":\"Counted\",\"userId\":\"u%ld\",\"messageId\":\"n%ld\""
#ifndef TIMELESS
            ",\"timestamp\":\"2026-06-01T00:00:00Z\""
#endif
            "}",
            last % 7, last);
        int room = host->message(host->host, bytes(text));
#ifdef DEAF
        // It goes on, and in the middle its positions are wrong.
        snprintf(text, sizeof text, "%ld", last + 5);
        host->position(host->host, 1, bytes(text));
        room = 1;
#endif
        if (!room) break;
    }
    snprintf(text, sizeof text, "%ld", last);
    host->position(host->host, 1, bytes(text));
    return last < own->count ? TESSERA_DONE : TESSERA_END;
}

static void close_numbers(void *made) { free(made); }

static const char descriptor[] =
    "{\"name\":\"numbers\",\"role\":\"source\",\"summary\":\"Counts.\",\"settings\":["
    "{\"name\":\"count\",\"kind\":\"integer\",\"from\":1,\"to\":10000000,\"summary\":\"How many.\",\"default\":\"1000\"},"
    "{\"name\":\"batch\",\"kind\":\"integer\",\"from\":1,\"to\":100000,\"summary\":\"At once.\",\"default\":\"100\"}]}";

static tessera_connector_table table;

const tessera_connector_table *tessera_connector(uint32_t interface) {
    if (interface < TESSERA_CONNECTOR_INTERFACE) return NULL;
    table = (tessera_connector_table){
        .interface = TESSERA_CONNECTOR_INTERFACE,
        .descriptor = bytes(descriptor),
        .make = make,
        .probe = probe,
        .read = read_numbers,
        .close = close_numbers,
    };
    return &table;
}
