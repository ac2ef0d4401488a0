public import EventModel
import Rules

/// A text with values of a record in it, as settings write it: `Hello {.traits.firstName}`. Two braces of a kind stand for one.
public struct RecordText: Sendable {
    /// A value that a record does not have.
    public struct Missing: Error, Sendable, Hashable {
        /// As it was written, without braces.
        public let value: String
    }
    private enum Piece: Sendable {
        case text(String)
        case value(RecordValue, written: String)
    }
    private let pieces: [Piece]

    /// Reads a text.
    ///
    /// - Throws: Where a brace is alone, or what stands between two is no value of the language.
    public init(_ text: String, at path: [String]) throws(SettingsError) {
        let split: [TextPiece]
        do throws(TextPiece.Unpaired) { split = try TextPiece.split(text) } catch {
            throw SettingsError(at: path, "a brace is alone", remedy: error.sentences)
        }
        var pieces: [Piece] = []
        for piece in split {
            switch piece {
            case .text(let text): pieces.append(.text(text))
            case .value(let formula):
                let written = formula.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
                pieces.append(.value(try RecordValue(formula: formula, at: path), written: written))
            }
        }
        self.pieces = pieces
    }

    /// The values in it as they are written, without braces.
    public var values: [String] { pieces.compactMap { if case .value(_, let written) = $0 { written } else { nil } } }

    /// The text for a record. Numbers and truths are written as in JSON.
    ///
    /// - Parameter fallbacks: What stands where a value is missing, empty, or an object or list; by the value as it is written.
    /// - Parameter escape: What becomes of a value, fallbacks included, before it stands in the text.
    public func text(
        of record: JSONObject, else fallbacks: [String: String] = [:], escape: (String) -> String
    ) throws(Missing) -> String {
        var text = ""
        for piece in pieces {
            switch piece {
            case .text(let constant): text += constant
            case .value(let value, let written):
                guard let filled = value.text(of: record) ?? fallbacks[written] else { throw Missing(value: written) }
                text += escape(filled)
            }
        }
        return text
    }
}
