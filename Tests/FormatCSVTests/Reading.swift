import Connectors
import ConnectorsTesting
import EventModel
import FormatCSV
import Foundation
import Testing

/// Folder of public test data; tests that need it do not run without it.
let testData = ProcessInfo.processInfo.environment["TESSERA_TESTDATA"].map { URL(filePath: $0) }
let hasTestData = testData.map { FileManager.default.fileExists(atPath: $0.path) } ?? false

/// The project's folder.
let project = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

/// Reads a table by a mapping, both given as text.
func read(_ mapping: String, _ table: String, limits: FormatLimits = FormatLimits(), cut: Int = 1 << 20) throws -> ReadFile {
    try ReadFile(CSVFormat(settings: mapping, settingsName: "m.yaml"), Array(table.utf8), limits: limits, cut: cut)
}

/// The messages of a table as JSON.
func messages(_ mapping: String, _ table: String, limits: FormatLimits = FormatLimits()) throws -> [JSONObject] {
    let file = try read(mapping, table, limits: limits)
    #expect(file.rejects.isEmpty)
    return try file.texts.map { try #require(try JSONValue(parsing: $0.utf8).asObject) }
}

/// A mapping whose one message has the given properties, of columns `id` and `at` and whatever else.
func mapping(_ properties: String, columns: String = "", csv: String = "") -> String {
    """
    csv: {\(csv)}
    columns:
      at: time
    \(columns.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))
    message:
      type: track
      event: "E"
      userId: .id
      timestamp: .at
      properties:
    \(properties.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))
    """
}

/// The properties that one row of `id,at,` and the given columns becomes, as JSON text.
func properties(_ properties: String, columns: String = "", csv: String = "", header: String, row: String) throws -> String {
    let found = try messages(
        mapping(properties, columns: columns, csv: csv),
        "id,at,\(header)\nu,2026-01-02,\(row)\n".replacingOccurrences(of: ",", with: csv.contains("\";\"") ? ";" : ","))
    return found[0]["properties"]?.text ?? "none"
}

/// Numbers that a seed repeats: SplitMix64.
struct SeededBytes: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
