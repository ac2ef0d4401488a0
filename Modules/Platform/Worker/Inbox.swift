import Dispatch
import EventModel
import Service
import Storage
import Synchronization

/// What others hand to the worker's thread, and how it waits for that.
final class Inbox: Sendable {
    /// Messages whose sender waits until they are on disk.
    struct Collection: Sendable {
        let batch: EnrichedBatch
        let source: String
        let answer: CheckedContinuation<Result<CollectReceipt, ServiceError>, Never>
    }
    /// Everything that waits.
    struct Contents {
        var collections: [Collection] = []
        /// Run in their order, after the collections that came before them.
        var tasks: [@Sendable (WorkerLoop) -> Void] = []
        var bytes = 0
        var isClosed = false
    }
    private let contents = Mutex(Contents())
    private let bell = DispatchSemaphore(value: 0)
    private let limits: WorkerLimits

    init(limits: WorkerLimits) { self.limits = limits }

    /// Bytes of messages that wait.
    var waitingBytes: Int { contents.withLock { $0.bytes } }

    /// Adds messages; says why not where they cannot wait.
    func add(_ collection: Collection) -> ServiceError? {
        let refusal: ServiceError? = contents.withLock { contents in
            if contents.isClosed { return .draining }
            guard contents.bytes + collection.batch.count <= limits.waitingBytes || contents.bytes == 0 else { return .overloaded }
            contents.bytes += collection.batch.count
            contents.collections.append(collection)
            return nil
        }
        if refusal == nil { bell.signal() }
        return refusal
    }

    /// Adds something to be done on the worker's thread; says why not where it cannot wait.
    func add(_ task: @escaping @Sendable (WorkerLoop) -> Void) -> ServiceError? {
        let refusal: ServiceError? = contents.withLock { contents in
            if contents.isClosed { return .draining }
            guard contents.tasks.count < limits.waitingQuestions else { return .overloaded }
            contents.tasks.append(task)
            return nil
        }
        if refusal == nil { bell.signal() }
        return refusal
    }

    /// Nothing more is taken in; what waits is still handed out.
    func close() {
        contents.withLock { $0.isClosed = true }
        bell.signal()
    }

    /// Ends a wait.
    func ring() { bell.signal() }

    /// Waits until something is there, or so many milliseconds.
    func wait(milliseconds: Int) {
        if bell.wait(timeout: .now() + .milliseconds(max(0, milliseconds))) == .success {
            while bell.wait(timeout: .now()) == .success {}
        }
    }

    /// Takes collections up to a group's bytes; all tasks once no collection is left that came before them.
    func take() -> (collections: [Collection], tasks: [@Sendable (WorkerLoop) -> Void], isClosed: Bool, isEmpty: Bool) {
        contents.withLock { contents in
            var (count, bytes) = (0, 0)
            while count < contents.collections.count, count == 0 || bytes + contents.collections[count].batch.count <= limits.groupBytes {
                bytes += contents.collections[count].batch.count
                count += 1
            }
            let collections = Array(contents.collections[..<count])
            contents.collections.removeFirst(count)
            contents.bytes -= bytes
            var tasks: [@Sendable (WorkerLoop) -> Void] = []
            if contents.collections.isEmpty { swap(&tasks, &contents.tasks) }
            return (collections, tasks, contents.isClosed, contents.collections.isEmpty)
        }
    }
}

extension ServiceError {
    static let draining = ServiceError(
        .draining, "The worker is shutting down.", remedy: "Send it again: another worker, or this one after its restart, takes it.",
        retryAfter: 2)
    static let overloaded = ServiceError(
        .overloaded, "More waits than may wait at once.", remedy: "Send it again after a second, and less at a time.", retryAfter: 1)
}
