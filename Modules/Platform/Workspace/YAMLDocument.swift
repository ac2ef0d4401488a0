import EventModel
import Foundation
import Rules
import Yams

/// A YAML file of the workspace as a tree of nodes, and what is wrong with it at its place.
struct YAMLDocument: Sendable {
    let file: String
    let text: String

    /// The tree.
    ///
    /// - Throws: `RuleError` at the place where it is not YAML, or is empty.
    ///
    /// - Parameter least: What a file holds at least, for the sentence about an empty one.
    func root(least: String) throws(RuleError) -> Node {
        do {
            guard let root = try Yams.compose(yaml: text) else { throw problem("the file is empty", nil, hint: least) }
            return root
        } catch let error as RuleError {
            throw error
        } catch let error as YamlError {
            switch error {
            case .scanner(_, let words, let mark, _), .parser(_, let words, let mark, _), .composer(_, let words, let mark, _):
                throw problem("this is not YAML: \(words)", mark)
            case .duplicatedKeysInMapping(let duplicates, let context):
                let names = duplicates.map { "\"\($0)\"" }.joined(separator: ", ")
                throw problem("\(names) stands here twice", context.mark, hint: "keep one")
            default: throw problem("this is not YAML: \(error)", nil)
            }
        } catch { throw problem("this is not YAML: \(error)", nil) }
    }

    /// A mistake at a mark; at the start of the file where there is none.
    func problem(_ message: String, _ mark: Mark?, hint: String? = nil) -> RuleError {
        RuleError(.syntax, message, at: place(mark), hint: hint)
    }

    /// The place of a mark.
    func place(_ mark: Mark?) -> Place {
        let (line, column) = (mark?.line ?? 1, mark?.column ?? 1)
        let lines = DefinitionText.lines(of: text)
        let lineText = lines.indices.contains(line - 1) ? lines[line - 1] : ""
        return Place(source: file, line: line, column: column, length: 1, lineText: lineText)
    }
}

extension Node {
    /// Where a setting stands: the node at the end of a path, or the last one on the way there that there is.
    func mark(at path: [String]) -> Mark? {
        var (node, mark) = (self, mark)
        for name in path {
            if let inner = node.mapping?[Node(name)] {
                node = inner
            } else if let index = Int(name), let sequence = node.sequence, sequence.indices.contains(index) {
                node = sequence[index]
            } else {
                break
            }
            mark = node.mark ?? mark
        }
        return mark
    }
}

extension JSONValue {
    /// The value that a node stands for. Only what stands without quotes may be a number, a truth or nothing.
    init(_ node: Node) {
        switch node {
        case .mapping(let mapping): self = .object(JSONObject(mapping.map { .init($0.key.string ?? "", JSONValue($0.value)) }))
        case .sequence(let sequence): self = .array(sequence.map { JSONValue($0) })
        case .scalar(let scalar): self.init(scalar)
        case .alias: self = .null
        }
    }

    private init(_ scalar: Node.Scalar) {
        self = .string(scalar.string)
        guard scalar.style == .plain || scalar.style == .any else { return }
        if NSNull.construct(from: scalar) != nil {
            self = .null
        } else if let truth = Bool.construct(from: scalar) {
            self = .bool(truth)
        } else if let integer = Int64.construct(from: scalar) {
            self = .integer(integer)
        } else if let number = Double.construct(from: scalar) {
            self = .number(number)
        }
    }
}
