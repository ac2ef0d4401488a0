import EventModel
import Foundation
import Storage

/// The messages of the exported profiles, thrown into parts by rank.
struct GatheredMessages {
    let parts: Int
    /// How many there are.
    let count: Int
    /// Time of the latest message of each rank, `Int64.min` without one; shape `[profiles]`.
    let latest: ContiguousArray<Int64>
    fileprivate let tellingSpill: MessageSpill
    fileprivate let otherSpill: MessageSpill

    /// The messages of a part that tell something of the person itself (traits, consent), in order.
    func telling(_ part: Int) throws(ArchiveError) -> SortedMessages {
        var bytes = ContiguousArray<UInt8>()
        try tellingSpill.load(part, into: &bytes)
        return SortedMessages(bytes)
    }

    /// All messages of a part, in order.
    func all(_ part: Int) throws(ArchiveError) -> SortedMessages {
        var bytes = ContiguousArray<UInt8>()
        try tellingSpill.load(part, into: &bytes)
        try otherSpill.load(part, into: &bytes)
        return SortedMessages(bytes)
    }
}

/// Scans all blocks on several threads: first who has how much, so that parts come out even, then the messages themselves.
///
/// Sendable unchecked: what threads share is touched under `lock`.
final class MessageGathering: @unchecked Sendable {
    private let snapshot: any MessageScanning
    private let order: ProfileOrder
    private let options: ExportOptions
    private let folder: String
    private let progress: (@Sendable (ExportProgress) -> Void)?
    private let isCancelled: @Sendable () -> Bool

    private let lock = NSLock()
    private var nextBlock = 0
    private var failure: (any Error)?
    private var gathered = 0
    private var rows: ContiguousArray<UInt32>
    private var latest: ContiguousArray<Int64>

    init(
        _ snapshot: any MessageScanning, _ order: ProfileOrder, _ options: ExportOptions, folder: String,
        progress: (@Sendable (ExportProgress) -> Void)?, isCancelled: @escaping @Sendable () -> Bool
    ) {
        (self.snapshot, self.order, self.options, self.folder) = (snapshot, order, options, folder)
        (self.progress, self.isCancelled) = (progress, isCancelled)
        rows = ContiguousArray(repeating: 0, count: order.profiles.count)
        latest = ContiguousArray(repeating: .min, count: order.profiles.count)
    }

    func run() throws -> GatheredMessages {
        let all = snapshot.blocks
        try eachBlock(all) { worker in { try self.survey($0, &worker.ranks) } }
        let total = rows.reduce(0) { $0 + Int($1) }
        let (partOfRank, parts) = Self.split(rows, messagesPerPart: options.messagesPerPart)
        let telling = MessageSpill(parts: parts, folder: folder, memoryLimit: options.memoryBytes / 4)
        let others = MessageSpill(parts: parts, folder: folder, memoryLimit: options.memoryBytes)
        try eachBlock(all) { worker in
            worker.telling = MessageSpill.Adder(telling, partOfRank: partOfRank)
            worker.others = MessageSpill.Adder(others, partOfRank: partOfRank)
            return { try self.gather($0, worker, total) }
        }
        return GatheredMessages(parts: parts, count: total, latest: latest, tellingSpill: telling, otherSpill: others)
    }

    /// What one thread works with.
    private final class Scan {
        var ranks = ContiguousArray<UInt32>()
        // Only the thread's own loop touches them, once for each message.
        @exclusivity(unchecked) var telling: MessageSpill.Adder?
        @exclusivity(unchecked) var others: MessageSpill.Adder?

        func finish() throws {
            try telling?.finish()
            try others?.finish()
        }
    }

    /// Counts the rows of each rank in a block and keeps their latest time.
    private func survey(_ block: BlockSummary, _ ranks: inout ContiguousArray<UInt32>) throws {
        let columns = try snapshot.read(block, paths: [])
        let profileOf = snapshot.profileOfIdentifier
        ranks.removeAll(keepingCapacity: true)
        for ordinal in columns.ordinals { ranks.append(order.rank[Int(profileOf[Int(ordinal)])]) }
        lock.lock()
        defer { lock.unlock() }
        for (row, rank) in ranks.enumerated() where rank != ProfileOrder.absent {
            rows[Int(rank)] += 1
            latest[Int(rank)] = max(latest[Int(rank)], columns.times[row])
        }
    }

    /// Cuts ranks with so many `rows` each into parts of about `messagesPerPart` messages.
    static func split(_ rows: ContiguousArray<UInt32>, messagesPerPart: Int) -> (partOfRank: ContiguousArray<UInt32>, parts: Int) {
        let total = rows.reduce(0) { $0 + Int($1) }
        // Each part has a buffer; beyond tens of thousands of parts, parts grow instead.
        let perPart = max(messagesPerPart, total / 60_000, 1)
        var partOfRank = ContiguousArray<UInt32>()
        partOfRank.reserveCapacity(rows.count)
        var (part, inPart) = (0, 0)
        for count in rows {
            if inPart > 0 && inPart + Int(count) > perPart { (part, inPart) = (part + 1, 0) }
            partOfRank.append(UInt32(part))
            inPart += Int(count)
        }
        return (partOfRank, part + 1)
    }

    private func gather(_ block: BlockSummary, _ scan: Scan, _ total: Int) throws {
        let profileOf = snapshot.profileOfIdentifier
        try profileOf.withUnsafeBufferPointer { profileOf in
            try order.rank.withUnsafeBufferPointer { ranks in
                try snapshot.eachMessage(block) { (_, ordinal, time, messageID, json) in
                    let rank = ranks[Int(profileOf[Int(ordinal)])]
                    if rank == ProfileOrder.absent { return }
                    if block.kind == .identify || ProfileFold.mayHoldConsent(json) {
                        try scan.telling?.add(rank: rank, time: time, messageID: messageID, json: json)
                    } else if options.contents != .profiles {
                        try scan.others?.add(rank: rank, time: time, messageID: messageID, json: json)
                    }
                }
            }
        }
        lock.lock()
        defer { lock.unlock() }
        gathered += block.rows
        progress?(ExportProgress(gathered: min(gathered, total), written: 0, messages: total))
    }

    /// Gives every block to one of the threads; `prepare` makes each thread's work.
    private func eachBlock(_ blocks: [BlockSummary], _ prepare: @escaping (Scan) -> ((BlockSummary) throws -> Void)) throws {
        nextBlock = 0
        let job = Job(prepare: prepare)
        let group = DispatchGroup()
        for _ in 1..<max(1, options.threads) {
            group.enter()
            let thread = Thread { [self] in
                work(blocks, job)
                group.leave()
            }
            thread.stackSize = 8 << 20
            thread.start()
        }
        work(blocks, job)
        group.wait()
        if let failure { throw failure }
    }

    /// Work on its way to the threads that share it by this object's lock.
    private struct Job: @unchecked Sendable {
        let prepare: (Scan) -> ((BlockSummary) throws -> Void)
    }

    private func work(_ blocks: [BlockSummary], _ job: Job) {
        let scan = Scan()
        do {
            let body = job.prepare(scan)
            while let block = nextBlock(of: blocks) {
                if isCancelled() { throw Exporter.interrupted }
                try body(block)
            }
            try scan.finish()
        } catch { lock.withLock { if failure == nil { failure = error } } }
    }

    private func nextBlock(of blocks: [BlockSummary]) -> BlockSummary? {
        lock.withLock {
            guard failure == nil, nextBlock < blocks.count else { return nil }
            defer { nextBlock += 1 }
            return blocks[nextBlock]
        }
    }
}
