import Connectors
import ConnectorsTesting
import EventModel
import Testing

/// One batch of three lines, the second of them empty, numbered as a test wants.
private struct Numbered: EventFormat {
    static let name = "numbered"
    static let summary = "Three lines."
    var lineNumbers: [Int] = []
    var derivedIDs: [String] = []

    init(settings: String?, settingsName: String) throws(FormatError) {}
    init(lineNumbers: [Int] = [], derivedIDs: [String] = []) { (self.lineNumbers, self.derivedIDs) = (lineNumbers, derivedIDs) }
    func makeReader(limits: FormatLimits) -> any EventReader { Reader(format: self) }

    final class Reader: EventReader {
        private let format: Numbered
        init(format: Numbered) { self.format = format }

        func read(_ bytes: UnsafeRawBufferPointer, atEnd: Bool) throws(FormatError) -> (batch: MessageBatch, consumed: Int) {
            guard bytes.count > 0 else { return (MessageBatch(), 0) }
            var batch = MessageBatch(lines: "a\n\nb\n")
            (batch.lineNumbers, batch.derivedIDs) = (format.lineNumbers, format.derivedIDs)
            return (batch, bytes.count)
        }
    }
}

@Test(arguments: [
    ([], [], true), ([4, 5, 9], [], true), ([4, 9], [], false), ([4, 5, 9, 10], [], false), ([], ["x", "y", "z"], true),
    ([4, 5, 9], ["x", "z"], false),
])
func `a batch has one number and one identifier for each line, empty ones included`(numbers: [Int], ids: [String], keeps: Bool) throws {
    let format = Numbered(lineNumbers: numbers, derivedIDs: ids)
    func verify() throws { try FormatContract.shapesItsBatches.verify(format, on: [1]) }
    if keeps { try verify() } else { #expect(throws: FormatContract.Broken.self, performing: verify) }
}

@Test func `a line has the number that its batch gives it, empty lines counted`() throws {
    #expect(try ReadFile(Numbered(lineNumbers: [4, 5, 9]), [1]).lines == [.init(number: 4, text: "a"), .init(number: 9, text: "b")])
    #expect(try ReadFile(Numbered(), [1]).lines.map(\.number) == [1, 3])
    #expect(try ReadFile(Numbered(lineNumbers: [4, 9]), [1]).lines.map(\.number) == [4, -1])
}
