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
    private let notices: AsyncStream<MembershipNotice>
    private let place: ChangePlace
    private let heartbeat: Duration

    /// - Parameter notices: The worker's changes from `place` on.
    init(_ notices: AsyncStream<MembershipNotice>, place: ChangePlace, heartbeat: Duration) {
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
                for await notice in notices {
                    last = (notice.number, notice.number == last.number ? last.count + 1 : 1)
                    // Notices of the first record that the client has seen already.
                    if let after = place.after, notice.number == after + 1, last.count <= place.seen { continue }
                    try await writer.event(id: "\(last.number).\(last.count)", name: "membership", data: notice.json)
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

    func event(id: String, name: String, data: JSONObject) async throws {
        try await send("id: \(id)\nevent: \(name)\ndata: \(data.text)\n\n")
    }

    /// Waits until the client's socket has taken it.
    private func send(_ text: String) async throws {
        lastWrite = .now
        try await channel.writeAndFlush(HTTPResponsePart.body(ByteBuffer(string: text))).get()
    }
}

extension MembershipNotice {
    fileprivate var json: JSONObject {
        JSONObject([
            .init("number", .integer(number)), .init("profile", .string(profile)), .init("segment", .string(segment)),
            .init("change", .string(entered ? "entered" : "exited")), .init("at", .string(at.text)), .init("cause", .string(cause)),
        ])
    }
}
