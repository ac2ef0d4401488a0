import EventModel
import Foundation
import Yams

/// Sentences about a settings file that is no YAML, or more of it than is understood. They show nothing of its text but names of settings:
/// a secret may stand beside what is wrong.
extension CommandError {
    init(notYAML error: YamlError, in path: String) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
            self.init(
                "this is not YAML (\(problem))", "Look at indentation, colons, quotes and brackets in this line and the one before it.",
                FilePlace(mark), in: path)
        case .reader(let problem, let offset, _, let text):
            self.init("this is not YAML (\(problem))", "Write it anew, as UTF-8.", offset.map { FilePlace(offset: $0, in: text) }, in: path)
        case .duplicatedKeysInMapping(let names, let context):
            let (name, first) = (names.first ?? "", FilePlace(context.mark))
            let second = FilePlace(secondOf: name, after: first, in: context.text)
            self.init("`\(name)` is written a second time, first in line \(first.line)", "Keep one of them.", second ?? first, in: path)
        default: self.init("this is not YAML", "Write it anew, as UTF-8.", nil, in: path)
        }
    }

    private init(_ problem: String, _ remedy: String, _ place: FilePlace?, in path: String) {
        let told = place.map { "\(path):\($0.line):\($0.column)" } ?? path
        self.init(.syntax, "\(told): \(problem). \(remedy)", line: place?.line, column: place?.column)
    }

    /// What stands in a file and would be taken for something else than was meant; nil where there is no such thing.
    init?(notUnderstood root: Node, in path: String) {
        guard let key = root.mergeKey else { return nil }
        self.init(
            "merge keys (`<<`) are not understood", "Write the settings out where they belong.", key.mark.map { FilePlace($0) }, in: path)
    }
}

extension Node {
    /// The first key that is to merge another map into this one, however deep.
    fileprivate var mergeKey: Node? {
        switch self {
        case .mapping(let mapping):
            for (key, value) in mapping {
                if case .scalar(let scalar) = key, scalar.string == "<<", scalar.style == .plain || scalar.style == .any { return key }
                if let inner = value.mergeKey { return inner }
            }
            return nil
        case .sequence(let sequence): return sequence.lazy.compactMap(\.mergeKey).first
        case .scalar, .alias: return nil
        }
    }
}

/// A place in a file, both numbers from 1, the column in Unicode scalars.
private struct FilePlace {
    var line: Int
    var column: Int

    init(_ mark: Mark) { (line, column) = (mark.line, mark.column) }

    /// - Parameter offset: Characters before it.
    init(offset: Int, in text: String) {
        let lines = text.prefix(offset).split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        (line, column) = (max(1, lines.count), (lines.last?.unicodeScalars.count ?? 0) + 1)
    }

    /// Where a key stands again that stands at a place; nil where it is not found. In a map of lines that is the next line with the same key
    /// at the same column, since what lies within is further to the right; in one of brackets the next place with the key.
    init?(secondOf name: String, after first: FilePlace, in text: String) {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        guard lines.indices.contains(first.line - 1) else { return nil }
        let keys = [name, "\"\(name)\"", "'\(name)'"]
        func isKey(_ rest: Substring) -> Bool {
            keys.contains { rest.hasPrefix($0) && rest.dropFirst($0.count).drop { $0 == " " }.first == ":" }
        }
        let isInBrackets = "{,".contains(lines[first.line - 1].prefix(first.column - 1).last { $0 != " " } ?? " ")
        for (index, line) in lines.enumerated().dropFirst(isInBrackets ? first.line - 1 : first.line) {
            (self.line, column) = (index + 1, 1)
            var before = Character(" ")
            for place in line.indices {
                let isHere =
                    isInBrackets
                    ? (index >= first.line || column > first.column) && " ,{".contains(before)
                    : column == first.column && line[..<place].allSatisfy { $0 == " " }
                if isHere, isKey(line[place...]) { return }
                column += line[place].unicodeScalars.count
                before = line[place]
            }
        }
        return nil
    }
}
