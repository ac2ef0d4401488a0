import Connectors
import ConnectorsTesting
import Foundation
import Testing

@testable import FormatCSV

private func refusal(_ yaml: String) -> String {
    do throws(FormatError) {
        _ = try CSVFormat(settings: yaml, settingsName: "m.yaml")
        return "accepted"
    } catch { return error.description }
}

private let good = "type: track, event: \"E\", userId: .id, timestamp: .at"

@Test(arguments: [
    ("", "m.yaml:1, the mapping is empty"), ("a: [", "this is not YAML"),
    ("message: []\nmessage: []", "the key 'message' stands here twice"),
    ("csv: {}", "m.yaml:1, 'message' is missing"),
    ("messages: {\(good)}", "m.yaml:1, messages: this setting is not known. Did you mean 'message'?"),
    ("csv: {delimeter: \",\"}\nmessage: {\(good)}", "m.yaml:1, csv.delimeter: this setting is not known. Did you mean 'delimiter'?"),
    ("csv: {delimiter: \"ab\"}\nmessage: {\(good)}", "csv.delimiter: 'ab' cannot separate cells"),
    (
        "csv: {encoding: utf8}\nmessage: {\(good)}",
        "csv.encoding: 'utf8' is none of 'utf-8', 'latin1' or 'windows-1252'. Did you mean 'utf-8'?"
    ),
    ("csv: {zone: Europe/Viena}\nmessage: {\(good)}", "csv.zone: 'Europe/Viena' is no zone. Did you mean 'Europe/Vienna'?"),
    ("csv: {zone: \"+25:00\"}\nmessage: {\(good)}", "'+25:00' is no zone"),
    ("csv: {decimal: x}\nmessage: {\(good)}", "'x' is none of '.' or ','"),
    ("columns: {x: nubmer}\nmessage: {\(good)}", "columns.x: 'nubmer' is none of"),
    ("columns: {x: nubmer}\nmessage: {\(good)}", "Did you mean 'number'?"),
    ("columns: {x: {optional: true}}\nmessage: {\(good)}", "columns.x: say its type or its value"),
    ("columns: {x: {value: .y, type: number}}\nmessage: {\(good)}", "columns.x.type: a computed column has a value and nothing else"),
    ("columns: {x: {value: .y}, y: {value: .z}}\nmessage: {\(good)}", "may use only computed columns above it, and 'y' is not"),
    ("csv: {header: false}\ncolumns: {id: text, att: time}\nmessage: {\(good)}", "there is no column 'at'"),
    (
        "message:\n- {\(good)}\n- {\(good), propertis: {}}",
        "m.yaml:3, message 2, propertis: this setting is not known. Did you mean 'properties'?"
    ),
    ("message: {type: trak, event: \"E\", userId: .id, timestamp: .at}", "message 1, type: 'trak' is none of"),
    ("message: {userId: .id, timestamp: .at}", "message 1: 'type' is missing"),
    ("message: {type: track, userId: .id, timestamp: .at}", "'event' is missing"),
    ("message: {type: group, userId: .id, timestamp: .at}", "'groupId' is missing, which group messages need"),
    ("message: {type: identify, event: \"E\", userId: .id, timestamp: .at}", "identify messages have no 'event'"),
    ("message: {type: identify, userId: .id, timestamp: .at, properties: {a: .a}}", "identify messages have no properties"),
    ("message: {\(good), traits: {a: .a}}", "only identify and group messages have traits"),
    ("message: {type: track, event: \"E\", timestamp: .at}", "neither 'userId' nor 'anonymousId' says"),
    ("message: {type: track, event: \"E\", userId: .id}", "'timestamp' is missing"),
    ("message: {type: track, event: \"\", userId: .id, timestamp: .at}", "it is empty"),
    ("message: {type: track, event: Order Completed, userId: .id, timestamp: .at}", "A constant text is quoted: \"Order Completed\""),
    (
        "message: {type: track, event: \".event\", userId: .id, timestamp: .at}",
        "in quotes this is the text itself. Write .event without quotes"
    ),
    ("message: {\(good), properties: {a: }}", "there is no value here"),
    ("message: {\(good), properties: {a: null}}", "there is no value here"),
    ("message: {\(good), properties: [.a]}", "properties: expected a map"),
    ("message: {\(good), properties: {a: \"{.b\"}}", "'{' has no '}'"),
    ("message: {\(good), properties: {a: \"b}\"}}", "'}' has no '{'"), ("message: {\(good), when: .a}\nfold: {}", "fold: 'by' is missing"),
    (
        "message:\n  \(good.replacingOccurrences(of: ", ", with: "\n  "))\n  properties:\n    a: .b *\n",
        "m.yaml:7, message 1, properties.a, line 1, column"
    ),
    (
        "message:\n  \(good.replacingOccurrences(of: ", ", with: "\n  "))\n  when: .a > \"x\" and .b == \n",
        "message 1, when, line 1, column"
    ),
    ("message: {\(good), properties: {a: asOf(trait.x)}}", "asOf cannot stand in a mapping of rows"),
    ("message: {\(good), when: stale(trait.x)}", "stale cannot stand in a mapping of rows"),
    (
        "message: {\(good), fold: {by: x}, properties: {n: asOf(trait.x)}}",
        "a mapping sees the row alone, neither traits, features nor consent"
    ),
    (
        "message: {\(good), fold: {by: x}, properties: {n: count(any where exists(traits.x.y))}}",
        "a row sets no traits. Write .\"traits.x.y\""
    ),
    ("message: {\(good), properties: {a: trait.x}}", "trait"), ("message: {\(good), properties: {a: now}}", "now"),
    ("message: {\(good), properties: {a: .b.c}}", "a column has one name"),
    ("message: {\(good), properties: {a: count(any)}}", "message 1, properties.a"),
    ("message: {\(good), fold: {by: x, into: rows}}", "'each' is missing"),
    ("message: {\(good), fold: {by: x, each: {a: .b}}}", "'into' is missing"),
    (
        "message: {\(good), fold: {by: x, into: rows, each: {a: .b}}, properties: {rows: .c}}",
        "the folded rows stand under this name already"
    ),
    ("message: {\(good), fold: {by: x}, properties: {n: count(\"E\")}}", "the folded rows have no names. Write count(any ...)"),
    ("message: {\(good), fold: {by: x}, properties: {n: count(any within 3d)}}", "folded rows are not chosen by windows"),
    (
        "message: {type: identify, userId: .id, timestamp: .at, fold: {by: x, into: y, each: {a: .b}}}",
        "identify messages have no properties to fold rows into"
    ),
    ("message:\n- {\(good), fold: {by: x}}\n- {\(good), fold: {by: x}}", "messages 1 and 2 fold by the same columns into the same event"),
    ("message: {\(good), fold: {by: x}, properties: {n: sum(any, .x)}}", "Within { } or [ ] a comma ends a value."),
    ("otherwise: ignore\nmessage: {\(good)}", "otherwise: 'ignore' is none of 'reject' or 'skip'"),
])
func `a mistake is refused with its file, line, place and remedy`(yaml: String, sentence: String) {
    let found = refusal(yaml)
    #expect(found.contains(sentence), "\(found)")
    #expect(found.hasPrefix("m.yaml:"), "\(found)")
}

@Test func `all mistakes are told at once, by line`() {
    let found = refusal(
        "csv: {zone: Mars}\ncolumns: {x: y}\nmessage:\n- {type: track, event: \"E\", userId: .id}\n- {type: page, userId: .id, timestamp: .a +}\n"
    )
    let lines = found.split(separator: "\n").filter { $0.hasPrefix("m.yaml:") }.map { $0.prefix(8) }
    #expect(lines == ["m.yaml:1", "m.yaml:2", "m.yaml:4", "m.yaml:5"])
}

@Test(arguments: ["online_retail", "ecom_clickstream", "cdnow", "git_activity"])
func `the samples are mappings without mistakes`(name: String) throws {
    let file = project.appending(path: "Tools/samples/\(name).yaml")
    _ = try CSVFormat(settings: String(contentsOf: file, encoding: .utf8), settingsName: file.lastPathComponent)
}

@Test func `a mapping is needed`() {
    let error = #expect(throws: FormatError.self) { try CSVFormat(settings: nil, settingsName: "") }
    #expect(error?.description.contains("--mapping") == true)
}

@Test func `settings within a message may be shared by YAML's own anchors`() throws {
    let yaml = "message:\n- &all {\(good), properties: {k: .k}}\n- *all\n"
    #expect(try read(yaml, "id,at,k\nu,2026-01-02,1\n").lines.count == 2)
}
