#ifndef TESSERA_CSIMDJSON_H
#define TESSERA_CSIMDJSON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A reusable simdjson DOM parser: one at a time per thread.
typedef struct tessera_json tessera_json;

/// Makes a parser for texts nested at most `depth` levels; NULL when memory is short.
tessera_json *_Nullable tessera_json_make(size_t depth);
void tessera_json_free(tessera_json *_Nonnull parser);

/// Parses `length` bytes of JSON; 64 more bytes behind them must be readable. Returns 0, else simdjson's error code.
/// On success `tape` and `strings` point at the parser's own tape and string buffer, good until the next call.
int tessera_json_parse(tessera_json *_Nonnull parser, const uint8_t *_Nonnull text, size_t length,
                       const uint64_t *_Nullable *_Nonnull tape, const uint8_t *_Nullable *_Nonnull strings);

#ifdef __cplusplus
}
#endif
#endif
