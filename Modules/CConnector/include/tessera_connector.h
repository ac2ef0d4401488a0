// The interface between Tessera and a connector in a shared library, version 1.
//
// A library exports one function, `tessera_connector`. It is told the newest interface that the host speaks, and gives a table that lives
// as long as the process; NULL where it cannot serve that host. Nothing but bytes crosses the line.
//
// The host calls one function of a connector at a time, each time on any thread. A call may block for a while; one that neither returns nor
// calls the host for `TESSERA_PATIENCE` seconds is taken for hung. Bytes that are handed over belong to whoever hands them over, and are
// valid until the function that was called returns.
#ifndef TESSERA_CONNECTOR_H
#define TESSERA_CONNECTOR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// The version that this header describes.
#define TESSERA_CONNECTOR_INTERFACE 1
// Seconds of silence after which a call is taken for hung.
#define TESSERA_PATIENCE 60

// UTF-8 or other bytes; `bytes` may be NULL where `count` is 0.
typedef struct {
    const uint8_t *bytes;
    size_t count;
} tessera_bytes;

// What a call came to. Where it is an error, `fail` was called before with the reason.
typedef enum {
    // Done. Of `read`: there may be more at once.
    TESSERA_DONE = 0,
    // Of `read`: there is nothing more now; there may be later.
    TESSERA_IDLE = 1,
    // Of `read`: there is nothing more, and never will be.
    TESSERA_END = 2,
    // The settings have to be mended: trying again changes nothing.
    TESSERA_MEND_SETTINGS = 3,
    // Trying again may help.
    TESSERA_RETRY = 4,
    // Nothing helps.
    TESSERA_STOP = 5
} tessera_status;

// What a record of a batch is.
typedef enum {
    // A message as it was accepted.
    TESSERA_MESSAGE = 0,
    // Somebody entered or exited a segment.
    TESSERA_MEMBERSHIP = 1,
    // Somebody's profile as it is now.
    TESSERA_PROFILE = 2
} tessera_record_kind;

// One setting, as the descriptor names it. Numbers are texts (`12`, `0.5`), truths `true` or `false`, lists and maps JSON, secrets the
// secret itself. What was not written is not there.
typedef struct {
    tessera_bytes name;
    tessera_bytes value;
} tessera_setting;

// One record for a destination.
typedef struct {
    tessera_record_kind kind;
    // The same however often the record comes.
    tessera_bytes key;
    // Canonical id of the profile; empty where nobody is meant.
    tessera_bytes profile;
    // One JSON object without a line's end.
    tessera_bytes json;
} tessera_record;

// What the host lends for the time of one call. `host` is handed to every function of it.
typedef struct {
    void *host;
    // Whether the host wants the call to end: look at it whenever you wait.
    int32_t (*is_cancelled)(void *host);
    // A sentence for the log; no secret and no personal data.
    void (*report)(void *host, tessera_bytes sentence);
    // Of `read`: a message, one JSON object as Segment's specification has it, of at most 6 MiB. Answers 0 when the batch is full: end it
    // then.
    int32_t (*message)(void *host, tessera_bytes json);
    // Of `read`: a record that cannot become a message, and a sentence: why. It is kept in quarantine.
    int32_t (*reject)(void *host, tessera_bytes record, tessera_bytes reason);
    // Of `read`: where to go on behind everything that was given so far. What is given behind the last position comes again.
    void (*position)(void *host, uint16_t version, tessera_bytes position);
    // Of `deliver`: the other side will never take the record at this place of the batch, and a sentence: why. Ascending.
    void (*refuse)(void *host, size_t record, tessera_bytes reason);
    // Of `probe`: a sentence: what was found.
    void (*found)(void *host, tessera_bytes sentence);
    // Before an error is returned: the place (a setting, an address), what happened there, and a sentence: what to do. `after` is in
    // milliseconds what the other side asked to wait, -1 where it did not.
    void (*fail)(void *host, tessera_bytes place, tessera_bytes problem, tessera_bytes remedy, int64_t after);
} tessera_host;

// A connector of a library.
typedef struct {
    // `TESSERA_CONNECTOR_INTERFACE` of the header that the library was built with.
    uint32_t interface;
    // JSON: {"name","role":"source"|"destination","summary","settings":[{"name","kind","summary","required","unit","default"}]}. Kinds are
    // text, path (handed over whole), word (with "words"), integer and number (with "from" and "to"), duration, truth, texts, map and secret.
    tessera_bytes descriptor;
    // Handed to `make`.
    void *context;
    // Makes a connector with checked settings and sets `made`. Touches nothing outside the process.
    tessera_status (*make)(
        void *context, const tessera_setting *settings, size_t count, const tessera_host *host, void **made);
    // Looks at the other side once, cheaply.
    tessera_status (*probe)(void *made, const tessera_host *host);
    // Of sources: gives the next messages behind a position, NULL: from the first. Ends after a batch of them, some thousands at most.
    tessera_status (*read)(void *made, uint16_t version, const tessera_bytes *position, const tessera_host *host);
    // Of destinations: delivers records, the first one first. When it is done, the other side has every record that was not refused.
    tessera_status (*deliver)(void *made, const tessera_record *records, size_t count, const tessera_host *host);
    // Lets go of the connector. No call comes after it.
    void (*close)(void *made);
} tessera_connector_table;

// What a library exports under this name.
const tessera_connector_table *tessera_connector(uint32_t interface);

#ifdef __cplusplus
}
#endif

#endif
