import ArgumentParser
import Foundation

/// A file with a line `NAME = EXPRESSION` for each segment.
struct Suite {
    var segments: [(name: String, expression: String)] = []

    /// Reads a file; empty lines are passed over.
    init(file: String) throws {
        for line in try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n") where !line.allSatisfy(\.isWhitespace) {
            guard let sign = line.firstIndex(of: "=") else {
                throw ValidationError("\(file): '\(line)' has no '='. Write NAME = EXPRESSION.")
            }
            segments.append(
                (
                    line[..<sign].trimmingCharacters(in: .whitespaces),
                    line[line.index(after: sign)...].trimmingCharacters(in: .whitespaces)
                ))
        }
    }
}
