/// The skeleton of a message: which keys in which order and nesting, without the values.
///
/// Messages of one shape differ only in their leaves, so a row keeps a shape's number and its leaves, and the message comes back as
/// it was, key order included. Shape 0 is reserved: its one leaf is the whole message as text (for messages too odd to have a shape).
public struct Shape: Sendable, Hashable {
    /// One step of writing the message down. Raw values are stored; they are never reused.
    public enum Step: UInt8, Sendable {
        /// The end of the object that the last unclosed `open` began.
        case close = 0
        /// A key whose value is an object with members.
        case open = 1
        /// A key whose value is a leaf: a scalar, an array, or an empty object.
        case leaf = 2
        /// `type`, known from the block.
        case type = 3
        /// `messageId`, a canonical UUID, known from the row's key.
        case messageKey = 4
        /// `timestamp`, in the canonical form, known from the row's time.
        case timestamp = 5
        /// `userId`, known from the row's identifier.
        case user = 6
        /// `anonymousId`, known from an identifier of the row.
        case anonymous = 7
        /// `event`, known from the block or its column of names.
        case event = 8
        /// The whole message as text.
        case whole = 9
    }

    /// A step and, for `open` and `leaf`, the number of its path.
    public struct Token: Sendable, Hashable {
        /// What is written.
        public var step: Step
        /// Number of the path in the store's dictionaries; 0 for steps other than `open` and `leaf`.
        public var path: Int32

        init(_ step: Step, path: Int32 = 0) { (self.step, self.path) = (step, path) }
    }

    /// The steps in the order of the message's keys, without the braces of the message itself.
    public let tokens: [Token]
    /// Paths of the leaves in order; shape `[leaves]`.
    public let leaves: [Int32]
    /// Paths that hold objects, empty ones aside.
    public let objects: [Int32]
    let hasUser, hasAnonymous: Bool

    init(tokens: [Token]) {
        self.tokens = tokens
        leaves = tokens.compactMap { $0.step == .leaf || $0.step == .whole ? $0.path : nil }
        objects = tokens.compactMap { $0.step == .open ? $0.path : nil }
        hasUser = tokens.contains { $0.step == .user }
        hasAnonymous = tokens.contains { $0.step == .anonymous }
    }

    /// The shape of messages that are kept whole.
    static let whole = Shape(tokens: [Token(.whole)])

    /// What the store keeps: for each token its step and, where it has one, its path as four bytes.
    public var encoded: [UInt8] {
        var bytes: [UInt8] = []
        for token in tokens {
            bytes.append(token.step.rawValue)
            if token.step == .open || token.step == .leaf {
                withUnsafeBytes(of: token.path.littleEndian) { bytes.append(contentsOf: $0) }
            }
        }
        return bytes
    }

    /// Reads `encoded` back; nil when it is damaged, closes what it does not open, or names a path beyond `pathCount`.
    public init?(encoded: [UInt8], pathCount: Int) {
        var tokens: [Token] = []
        var at = 0
        while at < encoded.count {
            guard let step = Step(rawValue: encoded[at]) else { return nil }
            at += 1
            guard step == .open || step == .leaf else {
                tokens.append(Token(step))
                continue
            }
            guard at + 4 <= encoded.count else { return nil }
            let path = Int32(encoded[at]) | Int32(encoded[at + 1]) << 8 | Int32(encoded[at + 2]) << 16 | Int32(encoded[at + 3]) << 24
            guard path >= 0, Int(path) < pathCount else { return nil }
            tokens.append(Token(step, path: path))
            at += 4
        }
        var depth = 0
        for token in tokens {
            if token.step == .open { depth += 1 } else if token.step == .close { depth -= 1 }
            guard depth >= 0, token.step != .whole else { return nil }
        }
        guard depth == 0 else { return nil }
        self.init(tokens: tokens)
    }
}
