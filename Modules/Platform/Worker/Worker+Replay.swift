import Archive
public import EventModel
import Foundation
import Storage
import Synchronization

extension Worker {
    /// Judges again what is in quarantine, and stores what the tracking plan takes as its file has it at this moment.
    ///
    /// What still fails stays, with its new reason; what was not kept whole stays as it is. A message is stored at most once, by its
    /// messageId. A file is replaced only when all that left it is on disk: wherever the process ends, nothing is lost, and a second replay
    /// goes on.
    ///
    /// - Parameter reason: Only records whose reason contains this text; nil: all.
    /// - Throws: `.data` where the tracking plan in its file is wrong; `.held` while another replay runs; `.disk` where something cannot be
    ///   written: what was stored until then is stored, and the file at which it stopped is as it was.
    public func replayQuarantine(reason: String? = nil) async throws(CommandError) -> ReplayResult {
        guard
            replaying.withLock({ isOn in
                defer { isOn = true }
                return !isOn
            })
        else { throw CommandError(.held, "A replay is under way already. Wait for its end.") }
        defer { replaying.withLock { $0 = false } }
        do throws(CommandError) { try plan.takeOver() } catch {
            throw CommandError(.data, "The tracking plan cannot be read, so nothing was judged. \(error.message)")
        }
        do {
            return try await offThread {
                var result = ReplayResult()
                let folder = QuarantineFolder(store: self.path)
                let learning = ContinuousClock.now + Self.learning
                for file in folder.files { try self.replay(file, of: folder, reason, learning, &result) }
                return result
            }
        } catch { throw CommandError(any: error) }
    }

    /// Records that are judged and stored together.
    private static let together = 1_000
    /// How long a replay waits in all for what verifiers have to look up.
    private static let learning = Duration.seconds(60)

    private func replay(
        _ file: String, of folder: QuarantineFolder, _ reason: String?, _ learning: ContinuousClock.Instant, _ result: inout ReplayResult
    ) throws(CommandError) {
        let name = folder.path + "/" + file
        // At the end of a record: the worker's thread writes them whole.
        let size = try onLoop { _ in (try? FileManager.default.attributesOfItem(atPath: name)[.size] as? Int) ?? 0 }
        let left = try attempt { try RemainingRecords(path: name + ".new") }
        var waiting: [(record: QuarantineFolder.Record, message: String)] = []
        var entry = ReplayResult.Entry(file: file)
        try folder.read(file, upTo: size) { record throws(CommandError) in
            entry.judged += 1
            guard let message = record.message, reason.map({ record.reason.contains($0) }) ?? true else {
                entry.left += 1
                return try attempt { try left.append(record.json) }
            }
            waiting.append((record, message))
            if waiting.count == Self.together { try takeBack(&waiting, left, learning, &entry) }
        }
        try takeBack(&waiting, left, learning, &entry)
        if entry.stored + entry.duplicates > 0 || entry.refused > 0 {
            try attempt { try left.flush() }
            try onLoop { loop in
                Result { () throws(ArchiveError) in try loop.quarantine.replace(name, first: size, by: left) }
            }.mapError { CommandError(any: $0) }.get()
        }
        if entry.judged > 0 { result.entries.append(entry) }
    }

    /// Judges and stores some records; what is refused still goes to those that are left, with its reason.
    ///
    /// Verifiers look up what they do not know before. What one of them refused and does not know now stays as it is: that nothing can be
    /// found out speaks for no message.
    private func takeBack(
        _ waiting: inout [(record: QuarantineFolder.Record, message: String)], _ left: RemainingRecords,
        _ learning: ContinuousClock.Instant, _ entry: inout ReplayResult.Entry
    ) throws(CommandError) {
        let unknown = plan.learn(from: waiting.map(\.message), within: max(.zero, learning - .now))
        if !unknown.isEmpty {
            let asked = zip(waiting, unknown)
            for ((record, _), rules) in asked where record.isRefused(byOneOf: rules) {
                entry.left += 1
                try attempt { try left.append(record.json) }
            }
            waiting = asked.filter { !$0.record.isRefused(byOneOf: $1) }.map(\.0)
        }
        guard !waiting.isEmpty else { return }
        let lines = MessageBatch(lines: waiting.map { $0.message + "\n" }.joined())
        let batch = enrichers.enriched(plan.judged(lines, counting: false), at: clock())
        let outcome: DurableOutcome
        switch try onLoop({ $0.takeBack(batch) }) {
        case .success(let stored): outcome = stored
        case .failure(let error): throw CommandError(error)
        }
        let reasons = Dictionary(outcome.rejects.map { ($0.line, $0.reason) }, uniquingKeysWith: { first, _ in first })
        for (place, (record, _)) in waiting.enumerated() {
            guard let reason = reasons[place + 1] else { continue }
            var json = record.json
            json.set("reason", .string(reason))
            try attempt { try left.append(json) }
        }
        entry.stored += outcome.outcome.accepted
        entry.duplicates += outcome.outcome.duplicates
        entry.refused += reasons.count
        waiting = []
    }

    /// Asks the worker's thread and waits.
    private func onLoop<Answer: Sendable>(_ ask: @escaping @Sendable (WorkerLoop) -> Answer) throws(CommandError) -> Answer {
        guard let answer = onThread(ask) else {
            throw CommandError(.held, "The worker is shutting down. Replay again after its restart; nothing is lost.")
        }
        return answer
    }
}

/// What stays of a file, written beside it until it takes its place.
final class RemainingRecords: @unchecked Sendable {
    // Safe: it is handed from the one that replays to the worker's thread and back; each waits for the other.
    let path: String
    private let descriptor: Int32
    private var buffer = ContiguousArray<UInt8>()
    private var isPlaced = false

    init(path: String) throws(ArchiveError) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileWriting.failure(path, errno) }
    }

    deinit {
        close(descriptor)
        if !isPlaced { unlink(path) }
    }

    func append(_ record: JSONObject) throws(ArchiveError) {
        record.append(to: &buffer)
        buffer.append(10)
        if buffer.count > 1 << 20 { try flush() }
    }

    /// Appends what a file holds behind its first `count` bytes.
    func append(from file: String, behind count: Int) throws(ArchiveError) {
        let source = open(file, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { throw FileWriting.failure(file, errno) }
        defer { close(source) }
        var (at, piece) = (count, ContiguousArray<UInt8>(repeating: 0, count: 1 << 16))
        while true {
            let taken = piece.withUnsafeMutableBytes { pread(source, $0.baseAddress, $0.count, off_t(at)) }
            guard taken >= 0 else { throw FileWriting.failure(file, errno) }
            if taken == 0 { return }
            buffer.append(contentsOf: piece[..<taken])
            at += taken
            try flush()
        }
    }

    func flush() throws(ArchiveError) {
        try FileWriting.write(buffer, to: descriptor, name: path)
        buffer.removeAll(keepingCapacity: true)
    }

    /// Takes a file's place, all at once and for good.
    func replace(_ file: String) throws(ArchiveError) {
        try flush()
        guard fdatasync(descriptor) == 0, rename(path, file) == 0 else { throw FileWriting.failure(file, errno) }
        isPlaced = true
        let folder = open((file as NSString).deletingLastPathComponent, O_RDONLY | O_CLOEXEC)
        guard folder >= 0 else { return }
        fsync(folder)
        close(folder)
    }
}

/// What a replay did, file by file.
public struct ReplayResult: CommandResult, Equatable {
    /// One file of the quarantine.
    public struct Entry: Sendable, Equatable {
        /// Name of the file.
        public var file: String
        /// Records that were looked at: those below together.
        public var judged = 0
        /// Messages that are in the store now, and those that were there already.
        public var stored = 0
        /// Messages whose id was stored already.
        public var duplicates = 0
        /// Those that fail still, and stay with their new reason.
        public var refused = 0
        /// Those that stay as they are: not asked for, or not kept whole.
        public var left = 0
    }
    /// What became of each file.
    public var entries: [Entry] = []

    private static let counts: [(name: String, value: any KeyPath<Entry, Int> & Sendable)] = [
        ("judged", \.judged), ("stored", \.stored), ("duplicates", \.duplicates), ("refused", \.refused), ("left", \.left),
    ]

    public var json: JSONObject {
        var object = JSONObject()
        for (name, value) in Self.counts { object.set(name, .integer(Int64(entries.reduce(0) { $0 + $1[keyPath: value] }))) }
        let files = entries.map { entry in
            JSONValue.object(
                JSONObject(
                    [.init("file", .string(entry.file))] + Self.counts.map { .init($0.name, .integer(Int64(entry[keyPath: $0.value]))) }))
        }
        object.set("files", .array(files))
        return object
    }
    public var table: ResultTable {
        ResultTable(
            [.init("file")] + Self.counts.map { .init($0.name, numeric: true) },
            rows: entries.map { entry in [.text(entry.file)] + Self.counts.map { .count(entry[keyPath: $0.value]) } })
    }
    public var notes: [String] { entries.isEmpty ? ["Nothing is in quarantine."] : [] }
}
