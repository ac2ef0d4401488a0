import EventModel
import Foundation
import Storage

/// Messages of the log that were read together.
struct LoggedMessages: Sendable {
    /// One of them.
    struct One: Sendable {
        /// Of its line, from 0.
        var number: Int
        var head: MessageHead
        var id: String
        /// Canonical id of whom it is about, as it was when it was read.
        var profile = ""
        /// Where its JSON stands in the text.
        var line: Range<Int>
        /// Its JSON with its id, where the line does not name it.
        var own: ContiguousArray<UInt8>.SubSequence?
    }
    /// Where they begin in the log, and the place behind them.
    let from, end: LogPlace
    let text: ContiguousArray<UInt8>
    /// How many lines they stand on.
    let lines: Int
    /// In their order.
    var all: [One] = []

    /// Those on some of the lines.
    subscript(lines: Range<Int>) -> ArraySlice<One> {
        let first = all.partitioningPlace { $0.number >= lines.lowerBound }
        return all[first..<all.partitioningPlace { $0.number >= lines.upperBound }]
    }

    init(_ batch: MessageBatch, from: LogPlace, to end: LogPlace) {
        (self.from, self.end, text, lines) = (from, end, batch.text, batch.sourceLines)
        all.reserveCapacity(lines)
        let reader = MessageHeadReader()
        batch.text.withUnsafeBufferPointer { text in
            var (start, number) = (0, 0)
            while start < batch.count, let base = text.baseAddress {
                let end = memchr(base + start, 10, batch.count - start).map { UnsafeRawPointer($0) - UnsafeRawPointer(base) } ?? batch.count
                defer { (start, number) = (end + 1, number + 1) }
                let line = UnsafeBufferPointer(rebasing: text[start..<end])
                guard let head = reader.read(line) else { continue }
                let id = head.messageID ?? batch.derivedIDs[number]
                var message = One(number: number, head: head, id: id, line: start..<end)
                if head.messageID == nil, var json = (try? JSONValue(parsing: line))?.asObject {
                    json.set("messageId", .string(id))
                    message.own = ContiguousArray(json.text.utf8)[...]
                }
                all.append(message)
            }
        }
    }
}

extension WorkerLoop {
    /// Canonical id of whom a message is about, as it is now; its own id of them where nobody is known.
    func profileID(of head: MessageHead) -> String {
        let known = head.userID.flatMap { profile($0, [.user]) } ?? head.anonymousID.flatMap { profile($0, [.anonymous]) }
        return known.map { canonicalID(of: $0) } ?? head.userID ?? head.anonymousID ?? ""
    }
}
