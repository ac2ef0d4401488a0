/// Tells which identifiers name nobody, by rules that are read once.
public struct BlockedValues: Sendable {
    /// One list of values, ready to be asked.
    private struct Values: Sendable {
        private var texts: Set<[UInt8]> = []
        private var patterns: [[UInt8]] = []
        private var repeated: [[UInt8]] = []

        init(_ blocked: IdentityRules.Blocked) {
            for text in blocked.texts {
                let lowered = text.utf8.map(BlockedValues.lowered)
                if lowered.contains(UInt8(ascii: "*")) { patterns.append(lowered) } else { texts.insert(lowered) }
            }
            repeated = blocked.repeated.map { $0.utf8.map(BlockedValues.lowered) }
        }

        var isEmpty: Bool { texts.isEmpty && patterns.isEmpty && repeated.isEmpty }

        func contains(_ text: [UInt8]) -> Bool {
            texts.contains(text) || repeated.contains { BlockedValues.isRun(text, of: $0) }
                || patterns.contains { BlockedValues.matches(text, $0) }
        }
    }
    private let all: Values
    private let byKind: [IdentifierKind: Values]
    private let isEmpty: Bool

    /// What the rules block.
    public init(_ rules: IdentityRules) {
        all = Values(rules.blocked)
        byKind = rules.blockedByKind.mapValues(Values.init)
        isEmpty = all.isEmpty && byKind.values.allSatisfy(\.isEmpty)
    }

    /// Whether an identifier of this text (UTF-8) names nobody.
    public func contains(_ text: UnsafeBufferPointer<UInt8>, kind: IdentifierKind) -> Bool {
        if isEmpty { return false }
        let lowered = text.map(Self.lowered)
        return all.contains(lowered) || byKind[kind]?.contains(lowered) == true
    }

    /// Whether an identifier of this text names nobody.
    public func contains(_ text: String, kind: IdentifierKind) -> Bool {
        var text = text
        return text.withUTF8 { contains($0, kind: kind) }
    }

    private static func lowered(_ byte: UInt8) -> UInt8 { 65...90 ~= byte ? byte + 32 : byte }

    /// Whether a text is what a pattern says; going back to the last `*` alone is enough.
    private static func matches(_ text: [UInt8], _ pattern: [UInt8]) -> Bool {
        var (at, place) = (0, 0)
        var star: (text: Int, pattern: Int)?
        while at < text.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                place += 1
                star = (at, place)
            } else if place < pattern.count, pattern[place] == text[at] {
                (at, place) = (at + 1, place + 1)
            } else if let back = star {
                star = (back.text + 1, back.pattern)
                (at, place) = (back.text + 1, back.pattern)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    /// Whether a text is nothing but a character again and again, hyphens aside.
    private static func isRun(_ text: [UInt8], of character: [UInt8]) -> Bool {
        guard let first = character.first, text.first == first || text.first == UInt8(ascii: "-") else { return false }
        let letters = text.filter { $0 != UInt8(ascii: "-") }
        guard !letters.isEmpty, letters.count % character.count == 0 else { return false }
        return letters.indices.allSatisfy { letters[$0] == character[$0 % character.count] }
    }
}
