#include "CSimdjson.h"

#include <new>
#include <simdjson.h>

struct tessera_json {
    simdjson::dom::parser parser;
    size_t depth;
};

extern "C" tessera_json *tessera_json_make(size_t depth) {
    auto *made = new (std::nothrow) tessera_json();
    if (made == nullptr) return nullptr;
    made->depth = depth;
    if (made->parser.allocate(1 << 16, depth) != simdjson::SUCCESS) {
        delete made;
        return nullptr;
    }
    return made;
}

extern "C" void tessera_json_free(tessera_json *parser) { delete parser; }

extern "C" int tessera_json_parse(tessera_json *parser, const uint8_t *text, size_t length, const uint64_t **tape,
                                  const uint8_t **strings) {
    if (length > parser->parser.capacity()) {
        auto grown = parser->parser.allocate(length + length / 2, parser->depth);
        if (grown != simdjson::SUCCESS) return static_cast<int>(grown);
    }
    auto error = parser->parser.parse(text, length, false).error();
    if (error != simdjson::SUCCESS) return static_cast<int>(error);
    *tape = parser->parser.doc.tape.get();
    *strings = parser->parser.doc.string_buf.get();
    return 0;
}
