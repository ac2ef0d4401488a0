import EventModel

/// Reads the traits that link people out of decoded messages, remembering where each shape of message has them.
public struct LinkingTraits: Sendable {
    private let kinds: [(kind: IdentifierKind, path: ColumnPath)]
    /// By shape: which leaves are such traits.
    private var places: [Int32: [Place]] = [:]

    private struct Place: Sendable {
        var kind: IdentifierKind
        var leaf: Int
        /// Number of its path.
        var path: Int32
    }

    /// What the rules link by.
    public init(_ rules: IdentityRules) { kinds = rules.links.compactMap { kind in kind.trait.map { (kind, ["traits", $0]) } } }

    /// Whether no trait links anybody.
    public var isEmpty: Bool { kinds.isEmpty }

    /// The identifiers that message `row` of a batch gives by its traits, in their one spelling, in the order of their kinds.
    ///
    /// - Parameter dictionaries: Those that the batch was decoded with; of one store at every call.
    public mutating func identifiers(
        of row: Int, in batch: ColumnarBatch, _ dictionaries: some MessageDictionaries
    ) -> [(kind: IdentifierKind, text: String)] {
        let message = batch.rows[row]
        guard message.kind == Message.Kind.identify.rawValue else { return [] }
        if message.shape == 0 {
            let whole = String(decoding: batch.bytes(HeapRange(word: batch.leafWords[Int(message.leafStart)])), as: UTF8.self)
            let json = (try? JSONValue(parsing: whole))?.asObject
            return kinds.compactMap { kind, path in json?.value(at: path).flatMap(kind.normalised).map { (kind, $0) } }
        }
        let own: [Place]
        if let known = places[message.shape] {
            own = known
        } else {
            let leaves = dictionaries.leafPaths(ofShape: message.shape)
            own = kinds.compactMap { kind, path in
                let leaf = leaves.firstIndex { $0.path.count == 2 && zip($0.path, path).allSatisfy { $0.sameScalars(as: $1) } }
                return leaf.map { Place(kind: kind, leaf: $0, path: leaves[$0].number) }
            }
            places[message.shape] = own
        }
        guard !own.isEmpty else { return [] }
        let decoded = DecodedMessage(batch, row: row, dictionaries: dictionaries)
        return own.compactMap { place in
            decoded.scalar(place.leaf, path: place.path).flatMap(place.kind.normalised).map { (place.kind, $0) }
        }
    }
}
