import EventModel
import Foundation
import Storage

/// Runs an import on a few threads, each of which does whatever is ready.
///
/// Three kinds of work: *store* the next batch in order (one thread at a time), *decode* a batch (any number), *read* the next batch
/// (one at a time). A free thread takes the first that is ready in that order, so with two threads no core waits while there is work,
/// and what is nearest to the store leaves memory first.
///
/// Sendable unchecked: everything below `condition` is touched under it, the rest by the one thread that took the work.
final class ImportPipeline: @unchecked Sendable {
    private let sources: ImportSources
    private let ledger: ImportLedger
    private let inFlightLimit: Int
    private let isCancelled: @Sendable () -> Bool
    private let afterStoring: (ImportItem) -> Void

    private let condition = NSCondition()
    private var toDecode: [ImportItem] = []
    private var toStore: [Int: ImportItem] = [:]
    private var nextToStore = 0
    private var inFlight = 0
    private var isReading = false
    private var isStoring = false
    private var readEnded = false
    private var decoding = 0
    private(set) var fatal: ArchiveError?
    private(set) var wasCancelled = false

    init(
        sources: ImportSources, ledger: ImportLedger, inFlightLimit: Int, isCancelled: @escaping @Sendable () -> Bool,
        afterStoring: @escaping (ImportItem) -> Void
    ) {
        (self.sources, self.ledger, self.inFlightLimit) = (sources, ledger, inFlightLimit)
        (self.isCancelled, self.afterStoring) = (isCancelled, afterStoring)
    }

    /// Works until everything is stored, with one thread for each decoder; the calling thread is the first.
    func run(_ decoders: [any BatchDecoder]) {
        let others = DispatchGroup()
        for decoder in decoders.dropFirst() {
            let worker = Worker(pipeline: self, decoder: decoder)
            others.enter()
            let thread = Thread {
                worker.pipeline.work(worker.decoder)
                others.leave()
            }
            thread.stackSize = 8 << 20
            thread.start()
        }
        work(decoders[0])
        others.wait()
    }

    /// A decoder on its way to the one thread that uses it.
    private struct Worker: @unchecked Sendable {
        let pipeline: ImportPipeline
        let decoder: any BatchDecoder
    }

    private enum Work {
        case store(ImportItem)
        case decode(ImportItem)
        case read
    }

    private func work(_ decoder: any BatchDecoder) {
        while let work = nextWork() {
            switch work {
            case .store(let item): store(item)
            case .decode(let item):
                if case .batch(var batch) = item.content {
                    batch.rejects = []  // They are counted by the ledger, beside those of the decoder.
                    item.keep(decoder.decode(batch))
                }
                update {
                    decoding -= 1
                    toStore[item.sequence] = item
                }
            case .read:
                let item = sources.nextItem()
                update {
                    isReading = false
                    guard let item else {
                        readEnded = true
                        return
                    }
                    inFlight += item.cost
                    if case .batch(let batch) = item.content, batch.count > 0 {
                        toDecode.append(item)
                    } else {
                        toStore[item.sequence] = item
                    }
                }
            }
        }
    }

    private func store(_ item: ImportItem) {
        do {
            try ledger.take(item)
            item.decoded = nil
            afterStoring(item)
            update {
                isStoring = false
                nextToStore += 1
                inFlight -= item.cost
            }
        } catch {
            update { fatal = error }
        }
    }

    private func update(_ body: () -> Void) {
        condition.lock()
        body()
        condition.broadcast()
        condition.unlock()
    }

    /// Waits for work and takes it; nil when there will be no more.
    private func nextWork() -> Work? {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if fatal != nil { return nil }
            if !wasCancelled && isCancelled() { (wasCancelled, readEnded) = (true, true) }
            if !isStoring, let item = toStore.removeValue(forKey: nextToStore) {
                isStoring = true
                return .store(item)
            }
            if !toDecode.isEmpty {
                decoding += 1
                return .decode(toDecode.removeFirst())
            }
            if !isReading && !readEnded && inFlight < inFlightLimit {
                isReading = true
                return .read
            }
            if readEnded && !isReading && !isStoring && decoding == 0 { return nil }
            condition.wait()
        }
    }
}
