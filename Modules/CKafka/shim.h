#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

/// Hands a record to a producer, which copies it; `rd_kafka_producev` takes its arguments in a way that Swift cannot write.
///
/// `headers` is the producer's where this returns NULL, else still the caller's. The error is the caller's.
static inline rd_kafka_error_t *_Nullable tessera_kafka_produce(rd_kafka_t *_Nonnull producer, const char *_Nonnull topic,
                                                                const void *_Nullable key, size_t key_length,
                                                                const void *_Nonnull value, size_t value_length,
                                                                rd_kafka_headers_t *_Nonnull headers, void *_Nullable opaque) {
    rd_kafka_vu_t parts[6];
    parts[0].vtype = RD_KAFKA_VTYPE_TOPIC;
    parts[0].u.cstr = topic;
    parts[1].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    parts[1].u.i = RD_KAFKA_MSG_F_COPY;
    parts[2].vtype = RD_KAFKA_VTYPE_VALUE;
    parts[2].u.mem.ptr = (void *)value;
    parts[2].u.mem.size = value_length;
    parts[3].vtype = RD_KAFKA_VTYPE_KEY;
    parts[3].u.mem.ptr = (void *)key;
    parts[3].u.mem.size = key_length;
    parts[4].vtype = RD_KAFKA_VTYPE_OPAQUE;
    parts[4].u.ptr = opaque;
    parts[5].vtype = RD_KAFKA_VTYPE_HEADERS;
    parts[5].u.headers = headers;
    return rd_kafka_produceva(producer, parts, sizeof parts / sizeof parts[0]);
}
