import EventModel

extension Message {
    /// What a field of the language is in this message.
    func value(of field: Field) -> Value {
        switch field {
        case .property(let path): return Value(properties.value(at: path.map(\.string)))
        case .context(let path): return Value(context.value(at: path.map(\.string)))
        case .trait(let path): return kind.setsTraits ? Value(traits.value(at: path.map(\.string))) : .missing
        case .timestamp: return .instant(timestamp.milliseconds)
        case .type: return .text(Text(kind.word))
        case .name, .category:
            guard kind == .page || kind == .screen else { return .missing }
            return (field == .name ? name : category).map { .text(Text($0)) } ?? .missing
        }
    }
}

extension Message.Kind {
    /// Whether messages of the kind say something of traits: of a person's or a group's.
    var setsTraits: Bool { self == .identify || self == .group }
}
