import Connectors
import EventModel
import Testing

private struct Lines: EventFormat {
    static let name = "lines"
    static let summary = "Lines."
    static let extensions = ["txt"]
    init(settings: String?, settingsName: String) throws(FormatError) {}
    func makeReader(limits: FormatLimits) -> any EventReader { Nothing() }
}

private struct Tables: EventFormat {
    static let name = "tables"
    static let summary = "Tables."
    static let needsMapping = true
    static let extensions = ["csv", "tsv"]
    init(settings: String?, settingsName: String) throws(FormatError) {
        if settings == nil { throw FormatError("no mapping") }
    }
    func makeReader(limits: FormatLimits) -> any EventReader { Nothing() }
}

private final class Nothing: EventReader {
    func read(_ bytes: UnsafeRawBufferPointer, atEnd: Bool) throws(FormatError) -> (batch: MessageBatch, consumed: Int) {
        (MessageBatch(), bytes.count)
    }
}

private let registry = FormatRegistry([Lines.self, Tables.self])

@Test func `a registry describes its formats in the order given`() {
    #expect(
        registry.descriptors == [
            FormatDescriptor(name: "lines", summary: "Lines.", needsMapping: false, extensions: ["txt"]),
            FormatDescriptor(name: "tables", summary: "Tables.", needsMapping: true, extensions: ["csv", "tsv"]),
        ])
}

@Test func `a format is made by its name, with its settings`() throws {
    #expect(try registry.makeFormat("lines") is Lines)
    #expect(try registry.makeFormat("tables", settings: "a: b") is Tables)
    #expect(throws: FormatError.self) { try registry.makeFormat("tables") }
}

@Test func `an unknown format is refused with the nearest name and the choices`() throws {
    let error = #expect(throws: FormatError.self) { try registry.makeFormat("Tabels") }
    #expect(error?.description == "unknown format 'Tabels'. Did you mean 'tables'? Choose from 'lines' or 'tables'.")
    let far = #expect(throws: FormatError.self) { try registry.descriptor(of: "parquet") }
    #expect(far?.description == "unknown format 'parquet'. Choose from 'lines' or 'tables'.")
}

@Test(arguments: [("a.csv", "tables"), ("a.b.TSV.gz", "tables"), ("x.txt", "lines"), ("csv", nil), ("a.gz", nil), ("a.parquet", nil)])
func `a file's name speaks of its format`(file: String, name: String?) {
    #expect(registry.format(forFile: file)?.name == name)
}

@Test func `a file that speaks of no format is of the first that takes a mapping, or takes none`() {
    #expect(registry.usualFormat(withMapping: false)?.name == "lines" && registry.usualFormat(withMapping: true)?.name == "tables")
    #expect(FormatRegistry([Tables.self]).usualFormat(withMapping: false) == nil)
}

@Test(arguments: [
    ("Qantity", "Quantity"), ("quantity", "Quantity"), ("UnitPirce", "UnitPrice"), ("Invoice", nil), ("xyz", nil), ("", nil),
])
func `the nearest name is found by few edits`(word: String, near: String?) {
    #expect(nearMatch(to: word, among: ["Quantity", "UnitPrice", "CustomerID"]) == near)
}

@Test func `of equally near names the first by scalars is taken`() {
    #expect(nearMatch(to: "cat", among: ["rat", "bat", "hat"]) == "bat")
}

@Test(arguments: [([], ""), (["a"], "'a'"), (["a", "b"], "'a' or 'b'"), (["a", "b", "c"], "'a', 'b' or 'c'")])
func `names are listed as a sentence lists them`(names: [String], text: String) {
    #expect(listed(names) == text)
}
