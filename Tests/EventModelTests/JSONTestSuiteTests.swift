import EventModel
import Foundation
import Testing

private let parsing = "vectors/jsontestsuite/test_parsing"
private let transform = "vectors/jsontestsuite/test_transform"

/// What the decoder makes of a text that the standard leaves open.
enum Outcome: Sendable {
    /// Accepted; the value written again.
    case value(String)
    case refused(Reason, byte: Int)

    /// Words that the reason must hold.
    enum Reason: String {
        case halfSurrogate = "half of a surrogate pair"
        case invalidUTF8 = "not valid UTF-8"
        case byteOrderMark = "byte order mark"
        case tooDeep = "nested more than 128 deep"
        case noValue = "cannot begin a value"
    }

    func verify(_ bytes: [UInt8]) throws {
        switch self {
        case .value(let text): #expect(try JSONValue(parsing: bytes).text.sameScalars(as: text))
        case .refused(let reason, let byte):
            let error = try #require(throws: JSONError.self) { try JSONValue(parsing: bytes) }
            #expect(error.reason.contains(reason.rawValue))
            #expect(error.offset == byte)
        }
    }
}

/// The i_ files: what Tessera decides. `Documentation/Messages.md` says the same in words.
private let decided: [(file: String, outcome: Outcome)] = [
    ("i_number_double_huge_neg_exp", .value("[0.0]")),
    ("i_number_huge_exp", .value("[null]")),
    ("i_number_neg_int_huge_exp", .value("[null]")),
    ("i_number_pos_double_huge_exp", .value("[null]")),
    ("i_number_real_neg_overflow", .value("[null]")),
    ("i_number_real_pos_overflow", .value("[null]")),
    ("i_number_real_underflow", .value("[0.0]")),
    ("i_number_too_big_neg_int", .value("[-1.2312312312312312e+29]")),
    ("i_number_too_big_pos_int", .value("[1e+20]")),
    ("i_number_very_big_negative_int", .value("[-2.374623746732769e+47]")),
    ("i_object_key_lone_2nd_surrogate", .refused(.halfSurrogate, byte: 2)),
    ("i_string_1st_surrogate_but_2nd_missing", .refused(.halfSurrogate, byte: 2)),
    ("i_string_1st_valid_surrogate_2nd_invalid", .refused(.halfSurrogate, byte: 2)),
    ("i_string_UTF-16LE_with_BOM", .refused(.noValue, byte: 0)),
    ("i_string_UTF-8_invalid_sequence", .refused(.invalidUTF8, byte: 7)),
    ("i_string_UTF8_surrogate_U+D800", .refused(.invalidUTF8, byte: 2)),
    ("i_string_incomplete_surrogate_and_escape_valid", .refused(.halfSurrogate, byte: 2)),
    ("i_string_incomplete_surrogate_pair", .refused(.halfSurrogate, byte: 2)),
    ("i_string_incomplete_surrogates_escape_valid", .refused(.halfSurrogate, byte: 2)),
    ("i_string_invalid_lonely_surrogate", .refused(.halfSurrogate, byte: 2)),
    ("i_string_invalid_surrogate", .refused(.halfSurrogate, byte: 2)),
    ("i_string_invalid_utf-8", .refused(.invalidUTF8, byte: 2)),
    ("i_string_inverted_surrogates_U+1D11E", .refused(.halfSurrogate, byte: 2)),
    ("i_string_iso_latin_1", .refused(.invalidUTF8, byte: 2)),
    ("i_string_lone_second_surrogate", .refused(.halfSurrogate, byte: 2)),
    ("i_string_lone_utf8_continuation_byte", .refused(.invalidUTF8, byte: 2)),
    ("i_string_not_in_unicode_range", .refused(.invalidUTF8, byte: 2)),
    ("i_string_overlong_sequence_2_bytes", .refused(.invalidUTF8, byte: 2)),
    ("i_string_overlong_sequence_6_bytes", .refused(.invalidUTF8, byte: 2)),
    ("i_string_overlong_sequence_6_bytes_null", .refused(.invalidUTF8, byte: 2)),
    ("i_string_truncated-utf-8", .refused(.invalidUTF8, byte: 2)),
    ("i_string_utf16BE_no_BOM", .refused(.noValue, byte: 0)),
    ("i_string_utf16LE_no_BOM", .refused(.noValue, byte: 1)),
    ("i_structure_500_nested_arrays", .refused(.tooDeep, byte: 128)),
    ("i_structure_UTF-8_BOM_empty_object", .refused(.byteOrderMark, byte: 0)),
]

/// Texts of which decoders are known to make different values.
private let transformed: [(file: String, outcome: Outcome)] = [
    ("number_-9223372036854775808", .value("[-9223372036854775808]")),
    ("number_-9223372036854775809", .value("[-9.223372036854776e+18]")),
    ("number_1.0", .value("[1.0]")),
    ("number_1.000000000000000005", .value("[1.0]")),
    ("number_1000000000000000", .value("[1000000000000000]")),
    ("number_10000000000000000999", .value("[10000000000000000999]")),
    ("number_1e-999", .value("[0.0]")),
    ("number_1e6", .value("[1000000.0]")),
    ("number_9223372036854775807", .value("[9223372036854775807]")),
    ("number_9223372036854775808", .value("[9223372036854775808]")),
    ("object_key_nfc_nfd", .value("{\"\u{e9}\":\"NFC\",\"e\u{301}\":\"NFD\"}")),
    ("object_key_nfd_nfc", .value("{\"e\u{301}\":\"NFD\",\"\u{e9}\":\"NFC\"}")),
    ("object_same_key_different_values", .value("{\"a\":2}")),
    ("object_same_key_same_value", .value("{\"a\":1}")),
    ("object_same_key_unclear_values", .value("{\"a\":0}")),
    ("string_1_escaped_invalid_codepoint", .refused(.halfSurrogate, byte: 2)),
    ("string_1_invalid_codepoint", .refused(.invalidUTF8, byte: 2)),
    ("string_2_escaped_invalid_codepoints", .refused(.halfSurrogate, byte: 2)),
    ("string_2_invalid_codepoints", .refused(.invalidUTF8, byte: 2)),
    ("string_3_escaped_invalid_codepoints", .refused(.halfSurrogate, byte: 2)),
    ("string_3_invalid_codepoints", .refused(.invalidUTF8, byte: 2)),
    ("string_with_escaped_NULL", .value("[\"A\\u0000B\"]")),
]

/// Nicolas Seriot's JSONTestSuite: y_ files every decoder accepts, n_ files every decoder refuses, i_ files each decides for itself.
@Suite(.enabled(if: testData != nil, "TESSERA_TESTDATA is not set, so the JSON test suite did not run."))
struct JSONTestSuiteTests {
    @Test(arguments: vectorFiles(parsing, prefix: "y_"))
    func `accepts what every decoder accepts, and writes the same value`(file: String) throws {
        let value = try JSONValue(parsing: vectorBytes(parsing, file))
        #expect(try JSONValue(parsing: value.text) == value)
    }

    @Test(arguments: vectorFiles(parsing, prefix: "n_"))
    func `refuses what every decoder refuses, with its place`(file: String) throws {
        let bytes = try vectorBytes(parsing, file)
        let error = try #require(throws: JSONError.self) { try JSONValue(parsing: bytes) }
        #expect(error.offset >= 0 && error.offset <= bytes.count)
        let before = bytes[..<error.offset]
        #expect(error.line == 1 + before.filter { $0 == 10 }.count)
        let lineStart = (before.lastIndex(of: 10) ?? -1) + 1
        #expect(error.column == 1 + before[lineStart...].filter { $0 & 0xC0 != 0x80 }.count)
        #expect(error.reason.hasSuffix("."))
    }

    @Test(arguments: decided)
    func `decides what the standard leaves open`(file: String, outcome: Outcome) throws {
        try outcome.verify(vectorBytes(parsing, file + ".json"))
    }

    @Test(arguments: transformed)
    func `makes one known value of a text that decoders disagree on`(file: String, outcome: Outcome) throws {
        try outcome.verify(vectorBytes(transform, file + ".json"))
    }

    @Test func `holds the whole suite`() {
        #expect(vectorFiles(parsing, prefix: "y_").count == 95)
        #expect(vectorFiles(parsing, prefix: "n_").count == 188)
        #expect(vectorFiles(parsing, prefix: "i_") == decided.map { $0.file + ".json" }.sorted())
        #expect(vectorFiles(transform) == transformed.map { $0.file + ".json" }.sorted())
    }
}
