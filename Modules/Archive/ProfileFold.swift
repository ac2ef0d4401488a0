import EventModel
import Foundation

/// What the messages of one person, taken in order, say about them at the end: traits and consent.
struct ProfileFold {
    /// The latest value of each top-level trait of the identify messages; null removes.
    private(set) var traits = LatestMembers()
    /// The latest boolean of each name under `context.consent.categoryPreferences`, in messages of any kind.
    private(set) var consent = LatestMembers()

    private static let type = ContiguousArray("\"type\"".utf8)
    private static let identify = ContiguousArray("\"identify\"".utf8)
    private static let traitsName = ContiguousArray("\"traits\"".utf8)
    private static let consentPath = ["context", "consent", "categoryPreferences"].map { ContiguousArray("\"\($0)\"".utf8) }
    /// Where the capital letter of `"categoryPreferences"` stands.
    private static let capital = 9
    private static let null = ContiguousArray("null".utf8)
    private static let booleans = [ContiguousArray("true".utf8), ContiguousArray("false".utf8)]

    /// Whether a message may speak of consent; cheap, and sometimes true of one that does not.
    static func mayHoldConsent(_ message: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let base = message.baseAddress, let name = consentPath.last else { return false }
        // Its capital letter is rare in messages; the rest is compared where one stands.
        var from = capital
        while from < message.count, let hit = memchr(base + from, Int32(name[capital]), message.count - from) {
            let place = UnsafeRawPointer(hit) - UnsafeRawPointer(base)
            let start = place - capital
            if start + name.count <= message.count,
                name.withUnsafeBytes({ $0.baseAddress.map { memcmp(base + start, $0, name.count) } == 0 })
            {
                return true
            }
            from = place + 1
        }
        return false
    }

    /// Starts with a new person.
    mutating func removeAll() {
        traits.removeAll()
        consent.removeAll()
    }

    /// Takes the next message of the person.
    mutating func apply(_ message: UnsafeBufferPointer<UInt8>) {
        if let type = JSONScan.value(message, of: ProfileFold.type), message[type].elementsEqual(ProfileFold.identify),
            let object = JSONScan.value(message, of: ProfileFold.traitsName)
        {
            JSONScan.members(message, object.lowerBound) { (name, value) in
                traits.set(message[name], message[value].elementsEqual(ProfileFold.null) ? message[value].prefix(0) : message[value])
                return true
            }
        }
        guard ProfileFold.mayHoldConsent(message) else { return }
        var place: Range<Int>? = 0..<message.count
        for name in ProfileFold.consentPath { place = place.flatMap { JSONScan.value(message, of: name, in: $0.lowerBound) } }
        guard let place else { return }
        JSONScan.members(message, place.lowerBound) { (name, value) in
            if ProfileFold.booleans.contains(where: { message[value].elementsEqual($0) }) { consent.set(message[name], message[value]) }
            return true
        }
    }
}

/// Members of an object, each with the value that was set last.
struct LatestMembers {
    private struct Member {
        /// The name without its quotes, escapes undone: names are ordered by their scalars.
        var name: ContiguousArray<UInt8>
        var written: ContiguousArray<UInt8>
        /// The value as JSON; empty where it was removed.
        var value: ContiguousArray<UInt8>
    }
    private var members: [Member] = []

    /// Whether no member has a value.
    var isEmpty: Bool { members.allSatisfy(\.value.isEmpty) }

    mutating func removeAll() { members.removeAll(keepingCapacity: true) }

    /// Sets the value of a name, both as JSON; an empty value removes it.
    mutating func set(_ name: Slice<UnsafeBufferPointer<UInt8>>, _ value: Slice<UnsafeBufferPointer<UInt8>>) {
        if let index = members.firstIndex(where: { $0.written.elementsEqual(name) }) {
            members[index].value = ContiguousArray(value)
        } else {
            let written = ContiguousArray(name)
            members.append(Member(name: LatestMembers.plain(written), written: written, value: ContiguousArray(value)))
        }
    }

    /// Appends the members as an object, names in order.
    func append(to out: inout ContiguousArray<UInt8>) {
        out.append(UInt8(ascii: "{"))
        var isFirst = true
        for member in members.sorted(by: { $0.name.lexicographicallyPrecedes($1.name) }) where !member.value.isEmpty {
            if !isFirst { out.append(UInt8(ascii: ",")) }
            isFirst = false
            out.append(contentsOf: member.written)
            out.append(UInt8(ascii: ":"))
            out.append(contentsOf: member.value)
        }
        out.append(UInt8(ascii: "}"))
    }

    private static func plain(_ written: ContiguousArray<UInt8>) -> ContiguousArray<UInt8> {
        if written.contains(UInt8(ascii: "\\")), let text = (try? JSONValue(parsing: written))?.asString {
            return ContiguousArray(text.utf8)
        }
        return ContiguousArray(written.dropFirst().dropLast())
    }
}
