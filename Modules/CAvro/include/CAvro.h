#ifndef TESSERA_CAVRO_H
#define TESSERA_CAVRO_H

#include <avro.h>
#include <avro/consumer.h>

/// From here on, what the library allocates in this thread is remembered, and nothing is given that is larger than this: bytes that claim a
/// length that they do not have are taken at their word by the library, and what it allocated for them is forgotten.
void tessera_avro_begin_reading(size_t largest);
/// Frees what was allocated since then and not freed.
void tessera_avro_end_reading(void);

/// Has all that the library allocates come from here. Called once, before anything else of it.
void tessera_avro_set_allocator(void);

/// Frees what a callback of a consumer was given.
void tessera_avro_free(const void *_Nullable given);

// What the library has as macros. A value is one of its own; 0: all is well.
int tessera_avro_set_null(avro_value_t *_Nonnull value);
int tessera_avro_set_boolean(avro_value_t *_Nonnull value, int truth);
int tessera_avro_set_int(avro_value_t *_Nonnull value, int32_t number);
int tessera_avro_set_long(avro_value_t *_Nonnull value, int64_t number);
int tessera_avro_set_float(avro_value_t *_Nonnull value, float number);
int tessera_avro_set_double(avro_value_t *_Nonnull value, double number);
int tessera_avro_set_enum(avro_value_t *_Nonnull value, int symbol);
/// Bytes are copied. `length` counts no zero at the end.
int tessera_avro_set_bytes(avro_value_t *_Nonnull value, const void *_Nonnull bytes, size_t length);
int tessera_avro_set_fixed(avro_value_t *_Nonnull value, const void *_Nonnull bytes, size_t length);
/// A zero follows the text, which `length` does not count.
int tessera_avro_set_string(avro_value_t *_Nonnull value, const char *_Nonnull text, size_t length);
/// Begins an element of an array.
int tessera_avro_append(avro_value_t *_Nonnull array, avro_value_t *_Nonnull element);
/// Begins a value of a map, or another one of the same key in its place.
int tessera_avro_add(avro_value_t *_Nonnull map, const char *_Nonnull key, avro_value_t *_Nonnull value);
int tessera_avro_set_branch(avro_value_t *_Nonnull value, int branch, avro_value_t *_Nonnull inner);
int tessera_avro_field(avro_value_t *_Nonnull record, size_t place, avro_value_t *_Nonnull field);
/// Makes it what it was when it was new.
int tessera_avro_reset(avro_value_t *_Nonnull value);

#endif
