// A source for Tessera, in C. It makes numbered messages up: put the reading of the other side in the place of that.
#include <tessera_connector.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    long count;
} source;

static tessera_bytes bytes(const char *text) { return (tessera_bytes){(const uint8_t *)text, strlen(text)}; }

// Bytes of the host do not end with a zero.
static long number(tessera_bytes text) {
    char copy[32] = {0};
    memcpy(copy, text.bytes, text.count < 31 ? text.count : 31);
    return strtol(copy, NULL, 10);
}

static tessera_status make(void *context, const tessera_setting *settings, size_t count, const tessera_host *host, void **made) {
    (void)context, (void)host;
    source *own = calloc(1, sizeof *own);
    if (!own) return TESSERA_RETRY;
    own->count = 1000;
    for (size_t i = 0; i < count; i++)
        if (settings[i].name.count == 5 && !memcmp(settings[i].name.bytes, "count", 5)) own->count = number(settings[i].value);
    *made = own;
    return TESSERA_DONE;
}

static tessera_status probe(void *made, const tessera_host *host) {
    char text[64];
    snprintf(text, sizeof text, "There are %ld messages.", ((source *)made)->count);
    host->found(host->host, bytes(text));
    return TESSERA_DONE;
}

static tessera_status give(void *made, uint16_t version, const tessera_bytes *position, const tessera_host *host) {
    (void)version;
    source *own = made;
    // The position is ours alone: here it is the number of the last message.
    long last = position ? number(*position) : 0;
    char text[256];
    int has_room = 1;
    while (has_room && last < own->count) {
        last++;
        // The messageId is the same whenever the message comes again: it is then stored once.
        snprintf(
            text, sizeof text,
            "{\"type\":\"track\",\"event\":\"Something Happened\",\"userId\":\"user-%ld\",\"messageId\":\"@name@-%ld\","
            "\"timestamp\":\"2026-06-01T00:00:00Z\",\"properties\":{\"number\":%ld}}",
            last % 100, last, last);
        has_room = host->message(host->host, bytes(text));
    }
    snprintf(text, sizeof text, "%ld", last);
    host->position(host->host, 1, bytes(text));
    return last < own->count ? TESSERA_DONE : TESSERA_END;
}

static void close_source(void *made) { free(made); }

static const char descriptor[] =
    "{\"name\":\"@name@\",\"role\":\"source\",\"summary\":\"Brings messages of @name@.\",\"settings\":["
    "{\"name\":\"count\",\"kind\":\"integer\",\"from\":1,\"to\":1000000,\"summary\":\"How many messages there are.\",\"default\":\"1000\"}]}";

const tessera_connector_table *tessera_connector(uint32_t interface) {
    static tessera_connector_table table;
    if (interface < TESSERA_CONNECTOR_INTERFACE) return NULL;
    table = (tessera_connector_table){
        .interface = TESSERA_CONNECTOR_INTERFACE,
        .descriptor = bytes(descriptor),
        .make = make,
        .probe = probe,
        .read = give,
        .close = close_source,
    };
    return &table;
}
