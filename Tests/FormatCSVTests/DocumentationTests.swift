import ConnectorsTesting
import Foundation
import Testing

@testable import FormatCSV

/// An example of `Documentation/CSV.md`: a mapping, a table and the messages it becomes.
struct WorkedExample: Sendable, CustomTestStringConvertible {
    var mapping = ""
    var table = ""
    var messages: [String] = []
    var testDescription: String { String(table.prefix(30)) }

    /// All examples of the page, in order.
    static let all: [WorkedExample] = {
        let page = (try? String(contentsOf: project.appending(path: "Documentation/CSV.md"), encoding: .utf8)) ?? ""
        var examples: [WorkedExample] = []
        for block in page.components(separatedBy: "\n```").dropFirst() {
            guard let end = block.firstIndex(of: "\n") else { continue }
            let body = String(block[block.index(after: end)...]) + "\n"
            switch block[..<end] {
            case "yaml": examples.append(WorkedExample(mapping: body))
            case "csv": examples[examples.count - 1].table = body
            case "json": examples[examples.count - 1].messages = body.split(separator: "\n").map(String.init)
            default: continue
            }
        }
        return examples
    }()
}

@Test func `the page on mappings has its examples`() {
    #expect(WorkedExample.all.count == 3)
}

@Test(arguments: WorkedExample.all)
func `the examples of the page on mappings give what it shows`(example: WorkedExample) throws {
    let file = try read(example.mapping, example.table)
    #expect(file.texts == example.messages)
    #expect(file.rejects.isEmpty)
}
