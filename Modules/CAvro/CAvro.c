#include "CAvro.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/// Allocations at once in a reading: a key for each map that is open, and a text.
#define MOST_KEPT 256

static _Thread_local struct {
    int is_reading;
    size_t largest;
    size_t count;
    void *kept[MOST_KEPT];
} reading;

/// The place of an allocation behind its own; 0: it is none of this reading's.
static size_t place_of(void *pointer) {
    for (size_t place = reading.count; place > 0; place--)
        if (reading.kept[place - 1] == pointer) return place;
    return 0;
}

static void *allocate(void *user, void *pointer, size_t old_size, size_t size) {
    (void)user;
    (void)old_size;
    size_t place = reading.is_reading && pointer != NULL ? place_of(pointer) : 0;
    if (size == 0) {
        free(pointer);
        if (place > 0) reading.kept[place - 1] = reading.kept[--reading.count];
        return NULL;
    }
    if (reading.is_reading && (size > reading.largest || (pointer == NULL && reading.count == MOST_KEPT))) return NULL;
    void *made = realloc(pointer, size);
    if (made == NULL) return NULL;
    if (place > 0) reading.kept[place - 1] = made;
    else if (reading.is_reading && pointer == NULL) reading.kept[reading.count++] = made;
    return made;
}

void tessera_avro_set_allocator(void) { avro_set_allocator(allocate, NULL); }

void tessera_avro_begin_reading(size_t largest) {
    reading.is_reading = 1;
    reading.largest = largest;
    reading.count = 0;
}

void tessera_avro_end_reading(void) {
    while (reading.count > 0) free(reading.kept[--reading.count]);
    reading.is_reading = 0;
}

void tessera_avro_free(const void *given) { allocate(NULL, (void *)(uintptr_t)given, 0, 0); }

int tessera_avro_set_null(avro_value_t *value) { return avro_value_set_null(value); }
int tessera_avro_set_boolean(avro_value_t *value, int truth) { return avro_value_set_boolean(value, truth); }
int tessera_avro_set_int(avro_value_t *value, int32_t number) { return avro_value_set_int(value, number); }
int tessera_avro_set_long(avro_value_t *value, int64_t number) { return avro_value_set_long(value, number); }
int tessera_avro_set_float(avro_value_t *value, float number) { return avro_value_set_float(value, number); }
int tessera_avro_set_double(avro_value_t *value, double number) { return avro_value_set_double(value, number); }
int tessera_avro_set_enum(avro_value_t *value, int symbol) { return avro_value_set_enum(value, symbol); }
int tessera_avro_set_bytes(avro_value_t *value, const void *bytes, size_t length) {
    return avro_value_set_bytes(value, (void *)(uintptr_t)bytes, length);
}
int tessera_avro_set_fixed(avro_value_t *value, const void *bytes, size_t length) {
    return avro_value_set_fixed(value, (void *)(uintptr_t)bytes, length);
}
int tessera_avro_set_string(avro_value_t *value, const char *text, size_t length) {
    return avro_value_set_string_len(value, text, length + 1);
}
int tessera_avro_append(avro_value_t *array, avro_value_t *element) { return avro_value_append(array, element, NULL); }
int tessera_avro_add(avro_value_t *map, const char *key, avro_value_t *value) { return avro_value_add(map, key, value, NULL, NULL); }
int tessera_avro_set_branch(avro_value_t *value, int branch, avro_value_t *inner) { return avro_value_set_branch(value, branch, inner); }
int tessera_avro_field(avro_value_t *record, size_t place, avro_value_t *field) {
    return avro_value_get_by_index(record, place, field, NULL);
}
int tessera_avro_reset(avro_value_t *value) { return avro_value_reset(value); }
