import EventModel
import NIOCore
import NIOHTTPTypes
import Service

/// A place in the stream of changes: behind so many notices of a record, or behind all of them.
///
/// Several people who moved together share one record, and a connection can break between them. So an event's id is `41.2`: the second
/// notice of record 41. A plain `41` is behind the whole record.
struct ChangePlace: Sendable, Hashable {
    /// Ask the worker for what follows this record; nil: from now on.
    var after: Int64?
    /// Notices of the record behind `after` that were seen already.
    var seen = 0

    /// Nil for a text that is no event's id; an empty text is from now on.
    init?(_ text: String) {
        if text.isEmpty { return }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        // As the stream writes them: digits without a leading 0, in 18 and 9 places at most.
        guard zip(parts, [18, 9]).allSatisfy({ $0.utf8.count <= $1 && Self.isNumber($0) }), let number = Int64(parts[0]) else { return nil }
        switch parts.count {
        case 1: after = number
        case 2:
            guard let notice = Int(parts[1]), notice >= 1 else { return nil }
            (after, seen) = (number - 1, notice)
        default: return nil
        }
    }

    private static func isNumber(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            && (text == "0" || text.utf8.first != UInt8(ascii: "0"))
    }
}

/// Streams changes of membership to one client as server-sent events (WHATWG HTML, section 9.2).
struct ChangeStream {
    private let notices: MembershipNotices
    private let place: ChangePlace
    private let heartbeat: Duration
    /// Notices that are written at once.
    private static let mostAtOnce = 1_000

    /// - Parameter notices: The worker's changes from `place` on.
    init(_ notices: MembershipNotices, place: ChangePlace, heartbeat: Duration) {
        (self.notices, self.place, self.heartbeat) = (notices, place, heartbeat)
    }

    /// Writes until the worker ends the stream, the client goes or the task is cancelled.
    func write(to writer: EventWriter) async throws {
        try await writer.comment("tessera")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while true {
                    try await Task.sleep(for: heartbeat)
                    try await writer.beat(heartbeat)
                }
            }
            group.addTask {
                var last: (number: Int64, count: Int) = (0, 0)
                for await group in notices {
                    var rest = group[...]
                    while !rest.isEmpty {
                        var text = ContiguousArray<UInt8>()
                        for notice in rest.prefix(Self.mostAtOnce) {
                            last = (notice.number, notice.number == last.number ? last.count + 1 : 1)
                            // Notices of the first record that the client has seen already.
                            if let after = place.after, notice.number == after + 1, last.count <= place.seen { continue }
                            notice.append(id: "\(last.number).\(last.count)", to: &text)
                        }
                        rest = rest.dropFirst(Self.mostAtOnce)
                        if !text.isEmpty { try await writer.events(text) }
                    }
                }
            }
            // Whichever ends first ends the other: the worker's stream, or a write to a client that is gone. Heartbeats end only so.
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}

/// Writes events one after the other, from several tasks.
actor EventWriter {
    private let channel: any Channel
    private var lastWrite = ContinuousClock.now

    /// - Parameter channel: A connection on which the head of an answer was written.
    init(_ channel: any Channel) { self.channel = channel }

    /// A line that says only that the stream lives.
    func comment(_ text: String) async throws { try await send(": \(text)\n\n") }

    /// A comment, unless something was written within `interval`.
    func beat(_ interval: Duration) async throws {
        if ContinuousClock.now - lastWrite >= interval * 0.9 { try await comment("alive") }
    }

    /// Events as the stream has them, each with the empty line that ends it.
    func events(_ text: ContiguousArray<UInt8>) async throws { try await send(ByteBuffer(bytes: text)) }

    private func send(_ text: String) async throws { try await send(ByteBuffer(string: text)) }

    /// Waits until the client's socket has taken it.
    private func send(_ bytes: ByteBuffer) async throws {
        lastWrite = .now
        try await channel.writeAndFlush(HTTPResponsePart.body(bytes)).get()
    }
}

extension MembershipNotice {
    /// Appends the notice as one event.
    fileprivate func append(id: String, to text: inout ContiguousArray<UInt8>) {
        text.append(contentsOf: "id: \(id)\nevent: membership\ndata: ".utf8)
        json.append(to: &text)
        text.append(contentsOf: "\n\n".utf8)
    }

    private var json: JSONObject {
        JSONObject([
            .init("number", .integer(number)), .init("profile", .string(profile)), .init("segment", .string(segment)),
            .init("change", .string(entered ? "entered" : "exited")), .init("at", .string(at.text)), .init("cause", .string(cause)),
        ])
    }
}
