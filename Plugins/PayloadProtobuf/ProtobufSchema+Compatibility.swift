import EventModel
import SwiftProtobuf

/// Which changes of a message type its readers survive.
///
/// - SeeAlso: Protocol Buffers, Language Guide (proto 3), "Updating A Message Type" (https://protobuf.dev/programming-guides/proto3/#updating),
///   and Proto Best Practices, "Do Reserve Tag Numbers for Deleted Fields". Where the guide calls a change compatible although values can be
///   cut (int64 read as int32), it is an obstacle here.
extension ProtobufSchema {
    public func obstacles(reading writer: ProtobufSchema) -> [String] {
        var found: [String] = []
        walk(writer) { own, written in
            for field in written.fields.values.sorted(by: { $0.number < $1.number }) {
                guard let target = own.fields[field.number] else { continue }
                let place = "The field `\(own.name).\(target.name)` (\(field.number))"
                if let reason = reason(target, reading: field, writer) { found.append("\(place): \(reason).") }
            }
            for field in own.fields.values.sorted(by: { $0.number < $1.number }) where field.isRequired {
                if written.fields[field.number]?.isRequired != true {
                    found.append(
                        "The field `\(own.name).\(field.name)` (\(field.number)): it is required, and the writer may leave it out.")
                }
            }
            found += choices(own, written)
        }
        return found
    }

    public func lapses(after older: ProtobufSchema) -> [String] {
        var found: [String] = []
        walk(older) { own, earlier in
            for field in earlier.fields.values.sorted(by: { $0.number < $1.number }) where own.fields[field.number] == nil {
                if !own.reserved.contains(where: { $0.contains(field.number) }) {
                    found.append(
                        "The field `\(earlier.name).\(field.name)` (\(field.number)): it is gone, and its number is not reserved. Write `reserved \(field.number);`."
                    )
                }
            }
        }
        return found
    }

    /// Calls `body` with each message of this schema that can lie in a record, and the one of the other schema that lies there.
    private func walk(_ other: ProtobufSchema, _ body: (_ own: Message, _ other: Message) -> Void) {
        var seen: Set<[String]> = []
        var waiting = [(root, other.root)]
        while let (own, theirs) = waiting.popLast() {
            guard seen.insert([own.name, theirs.name]).inserted else { continue }
            body(own, theirs)
            for field in own.fields.values.sorted(by: { $0.number < $1.number }) where field.kind == .message {
                guard let match = theirs.fields[field.number], match.kind == .message, let inner = messages[field.type],
                    let innerTheirs = other.messages[match.type]
                else { continue }
                waiting.append((inner, innerTheirs))
            }
        }
    }

    /// Why a field cannot read what another of its number wrote; nil: it can.
    private func reason(_ own: Field, reading written: Field, _ writer: ProtobufSchema) -> String? {
        if written.isRepeated, !own.isRepeated { return "it was repeated, and only the last of its values would be read" }
        guard own.kind.reads(written.kind) else { return "\(written.kind.word) was written, which cannot be read as \(own.kind.word)" }
        guard own.kind == .enum, written.kind == .enum, let known = enumerations[own.type], let wrote = writer.enumerations[written.type]
        else { return nil }
        for (number, name) in wrote.names.sorted(by: { $0.key < $1.key }) {
            if let other = known.names[number], other != name, known.numbers[name] != number {
                return "the number \(number) of its enum was \(name), and is \(other)"
            }
        }
        return nil
    }

    /// Fields that could be there together, and of which a oneof keeps only the last.
    private func choices(_ own: Message, _ written: Message) -> [String] {
        var found: [String] = []
        let groups = Dictionary(grouping: own.fields.values.filter { $0.choice != nil }) { $0.choice }
        for group in groups.values.sorted(by: { ($0.first?.number ?? 0) < ($1.first?.number ?? 0) }) {
            let shared = group.compactMap { written.fields[$0.number] }.sorted { $0.number < $1.number }
            guard shared.count > 1 else { continue }
            if shared.contains(where: { $0.choice == nil || $0.choice != shared[0].choice }) {
                let names = shared.map { "`\($0.name)`" }.joined(separator: ", ")
                found.append("The fields \(names) of `\(own.name)`: they are in one oneof, and the writer may write them together.")
            }
        }
        return found
    }
}

extension ProtobufSchema.Kind {
    /// Whether every value of the other kind reads as one of this kind with the same meaning.
    fileprivate func reads(_ written: Self) -> Bool {
        if self == written { return true }
        return switch (written, self) {
        case (.bool, .int32), (.bool, .int64), (.bool, .uint32), (.bool, .uint64): true
        case (.int32, .int64), (.uint32, .uint64), (.uint32, .int64): true
        case (.enum, .int32), (.enum, .int64): true
        case (.sint32, .sint64): true
        case (.string, .bytes): true
        default: false
        }
    }

    /// As it is written in a `.proto` file.
    var word: String { "\(self)" }
}
