// A source and a destination in C that do wrong what their setting `fault` says.
#include "tessera_connector.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static tessera_bytes bytes(const char *text) { return (tessera_bytes){(const uint8_t *)text, strlen(text)}; }

typedef struct {
    char fault[32];
    char mark[512];
    char token[64];
} faulty;

static tessera_status make(
    void *context, const tessera_setting *settings, size_t count, const tessera_host *host, void **made) {
    (void)context;
    (void)host;
    faulty *own = calloc(1, sizeof *own);
    for (size_t i = 0; i < count; i++) {
        char first = settings[i].name.bytes[0];
        char *to = first == 'f' ? own->fault : first == 't' ? own->token : own->mark;
        memcpy(to, settings[i].value.bytes, settings[i].value.count);
    }
    if (!strcmp(own->fault, "unmade")) {
        free(own);
        return TESSERA_DONE;
    }
    *made = own;
    return TESSERA_DONE;
}

static int is(const faulty *own, const char *fault) { return !strcmp(own->fault, fault); }

// What every kind of call may do wrong.
static tessera_status fail(faulty *own, const tessera_host *host) {
    // Once only: the mark is a file that is there afterwards.
    if (own->mark[0]) {
        if (!access(own->mark, F_OK)) return TESSERA_DONE;
        FILE *file = fopen(own->mark, "w");
        if (file) fclose(file);
    }
    if (is(own, "trap")) abort();
    if (is(own, "words")) {
        fputs("Weather.swift:7: Fatal error: my words\n", stderr);
        abort();
    }
    if (is(own, "killed")) raise(SIGKILL);
    if (is(own, "tell")) {
        host->report(host->host, bytes(own->token));
        char text[128];
        snprintf(text, sizeof text, "the other side refuses %s", own->token);
        host->fail(host->host, bytes("there"), bytes(text), bytes("Wait."), -1);
        return TESSERA_RETRY;
    }
    if (is(own, "exit")) exit(7);
    if (is(own, "hang"))
        for (;;) pause();
    if (is(own, "wait"))
        while (!host->is_cancelled(host->host)) usleep(1000);
    if (is(own, "print")) {
        for (int i = 0; i < 100000; i++) puts("words that nobody asked for");
    }
    if (is(own, "garbage"))
        for (int number = 3; number < 64; number++) send(number, "\x05\x00\x00\x00\xff\xff\xff\xff\xff", 9, MSG_NOSIGNAL);
    if (is(own, "status")) return (tessera_status)99;
    if (is(own, "mute")) return TESSERA_RETRY;
    if (is(own, "memory"))
        for (;;) {
            volatile char *more = malloc(1 << 20);
            if (!more) abort();
            for (int i = 0; i < 1 << 20; i += 4096) more[i] = 1;
        }
    if (is(own, "settings")) {
        host->fail(host->host, bytes("fault"), bytes("it cannot be had"), bytes("Write another."), -1);
        return TESSERA_MEND_SETTINGS;
    }
    if (is(own, "busy")) {
        host->fail(host->host, bytes("there"), bytes("it is busy"), bytes("Wait."), 1500);
        return TESSERA_RETRY;
    }
    return TESSERA_DONE;
}

static tessera_status probe(void *made, const tessera_host *host) {
    host->found(host->host, bytes("It is there."));
    return fail(made, host);
}

static const char message[] =
    "{\"type\":\"track\",\"event\":\"E\",\"userId\":\"u\",\"messageId\":\"m%d\",\"timestamp\":\"2026-06-01T00:00:00Z\"}";

static tessera_status give(void *made, uint16_t version, const tessera_bytes *position, const tessera_host *host) {
    (void)version;
    faulty *own = made;
    char text[256];
    // Bytes of the host do not end with a zero.
    memset(text, 0, sizeof text);
    if (position) memcpy(text, position->bytes, position->count);
    int first = atoi(text);
    if (first >= 100) return TESSERA_END;
    if (first == 30 && is(own, "spin")) return TESSERA_DONE;
    for (int i = first; i < first + 10; i++) {
        snprintf(text, sizeof text, message, i);
        host->message(host->host, bytes(text));
        // In the middle of a batch.
        if (i == 25) {
            tessera_status status = fail(own, host);
            if (status != TESSERA_DONE) return status;
        }
        if (i == 25 && (is(own, "large") || is(own, "set aside"))) {
            size_t count = 50 << 20;
            uint8_t *much = malloc(count);
            memset(much, 'x', count);
            if (is(own, "large")) host->message(host->host, (tessera_bytes){much, count});
            else host->reject(host->host, (tessera_bytes){much, count}, bytes("It is large."));
            free(much);
        }
        while (i == 25 && is(own, "flood")) host->message(host->host, bytes(text));
        for (int more = 0; i == 25 && is(own, "spill") && more < 100000; more++) host->message(host->host, bytes(text));
    }
    if (is(own, "nowhere")) return TESSERA_DONE;
    snprintf(text, sizeof text, "%d", first + 10);
    host->position(host->host, 1, bytes(text));
    if (is(own, "behind")) {
        snprintf(text, sizeof text, message, first + 10);
        host->message(host->host, bytes(text));
    }
    return TESSERA_DONE;
}

static tessera_status take(void *made, const tessera_record *records, size_t count, const tessera_host *host) {
    faulty *own = made;
    for (size_t i = 0; i < count; i++)
        if (records[i].key.count == 5 && !memcmp(records[i].key.bytes, "key-3", 5)) host->refuse(host->host, i, bytes("It is the third."));
    if (is(own, "beyond")) host->refuse(host->host, count + 5, bytes("Nobody gave it."));
    return fail(own, host);
}

static void end(void *made) { free(made); }

#ifndef ROLE
#define ROLE "source"
#endif
static const char descriptor[] =
    "{\"name\":\"faulty\",\"role\":\"" ROLE "\",\"summary\":\"Does wrong.\",\"settings\":["
    "{\"name\":\"fault\",\"kind\":\"text\",\"required\":true,\"summary\":\"What it does wrong.\"},"
    "{\"name\":\"mark\",\"kind\":\"text\",\"summary\":\"A file that it makes when it did.\"},"
    "{\"name\":\"token\",\"kind\":\"secret\",\"summary\":\"A secret.\"}]}";

static tessera_connector_table table;

const tessera_connector_table *tessera_connector(uint32_t interface) {
    (void)interface;
#ifdef REFUSES
    return NULL;
#endif
#ifdef TRAPS
    abort();
#endif
    table = (tessera_connector_table){
        .interface = TESSERA_CONNECTOR_INTERFACE,
        .descriptor = bytes(descriptor),
        .make = make,
        .probe = probe,
        .read = give,
        .deliver = take,
        .close = end,
    };
#ifdef NEWER
    table.interface = TESSERA_CONNECTOR_INTERFACE + 1;
#endif
#ifdef LACKS
    table.read = NULL;
#endif
#ifdef UNREADABLE
    table.descriptor = bytes("{\"name\":");
#endif
    return &table;
}
