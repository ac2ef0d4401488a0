import Archive
import Connectors
import EventModel
import Foundation

/// Reads the objects of a bucket in the order in which they came there, and goes on with what comes later.
struct S3Source: Source {
    let bucket: S3Bucket
    let prefix: String
    /// A shell pattern for the last step of the key.
    let pattern: String
    let formats: FileFormats
    /// nil: it ends when all is read.
    let interval: Duration?
    /// So old an object has to be, by the server's clock, before it is read: those of one second are then all there.
    let settle: Duration
    /// Takes sentences for the log.
    let report: @Sendable (String) -> Void

    func batches(after checkpoint: Checkpoint?) -> Batches { Batches(source: self, checkpoint: checkpoint) }

    func probe() async throws(ConnectorError) -> String {
        let page = try await bucket.page(prefix: prefix, token: nil)
        let count = page.objects.filter(isWanted).count
        let many = page.token == nil ? "\(count)" : "\(count) or more"
        return "\(bucket.shown) is there, with \(count == 1 ? "1 object" : "\(many) objects") to read."
    }

    private func isWanted(_ object: S3Bucket.Object) -> Bool {
        let name = object.key.split(separator: "/", omittingEmptySubsequences: false).last.map(String.init) ?? ""
        return !name.isEmpty && fnmatch(pattern, name, 0) == 0
    }

    /// The objects that come next, at most so many; more may follow.
    fileprivate func objects(after position: S3Position?, most: Int) async throws(ConnectorError) -> [S3Bucket.Object] {
        var found: [S3Bucket.Object] = []
        var token: String?
        repeat {
            let page = try await bucket.page(prefix: prefix, token: token)
            let youngest = page.at.map { Instant(milliseconds: $0.milliseconds - settle.milliseconds) }
            for object in page.objects where isWanted(object) {
                if let youngest, object.modified > youngest { continue }
                let isLeft = position.map { $0.key.sameScalars(as: object.key) && $0.modified == object.modified && !$0.isDone } ?? false
                if isLeft || position?.precedes(object) ?? true { found.append(object) }
            }
            found.sort { $0.modified == $1.modified ? $0.key.precedesByScalars($1.key) : $0.modified < $1.modified }
            if found.count > most { found.removeLast(found.count - most) }
            token = page.token
            if Task.isCancelled { throw .cancelled("s3") }
        } while token != nil
        return found
    }

    struct Batches: AsyncSequence, Sendable {
        typealias Failure = ConnectorError
        let source: S3Source
        let checkpoint: Checkpoint?

        func makeAsyncIterator() -> Iterator { Iterator(source: source, checkpoint: checkpoint) }
    }

    struct Iterator: AsyncIteratorProtocol {
        let source: S3Source
        let checkpoint: Checkpoint?
        private var position: S3Position?
        private var hasBegun = false
        private var waiting: ArraySlice<S3Bucket.Object> = []
        private var open: (file: SpooledObject, cursor: FileCursor)?

        /// Objects that are known beforehand, at most.
        private static let mostWaiting = 1_000

        init(source: S3Source, checkpoint: Checkpoint?) { (self.source, self.checkpoint) = (source, checkpoint) }

        mutating func next(isolation actor: isolated (any Actor)? = #isolation) async throws(ConnectorError) -> SourceBatch? {
            if !hasBegun { position = try checkpoint.map { checkpoint throws(ConnectorError) in try S3Position(checkpoint) } }
            hasBegun = true
            while !Task.isCancelled {
                if let open, var position {
                    let batch = try open.cursor.next(isWhole: true)
                    position.text = open.cursor.position
                    position.isDone = batch == nil
                    self.position = position
                    if batch == nil { self.open = nil }
                    return SourceBatch(batch ?? MessageBatch(), then: position.checkpoint, newest: position.modified)
                }
                if let object = waiting.popFirst() {
                    try await begin(object)
                    continue
                }
                waiting = try await source.objects(after: position, most: Self.mostWaiting)[...]
                if !waiting.isEmpty { continue }
                guard let interval = source.interval else { return nil }
                do { try await Task.sleep(for: interval) } catch { return nil }
            }
            return nil
        }

        /// Fetches an object, and opens it where reading of it ended.
        private mutating func begin(
            _ object: S3Bucket.Object, isolation actor: isolated (any Actor)? = #isolation
        ) async throws(ConnectorError) {
            var start = S3Position(object)
            if let position, !position.isDone, position.key.sameScalars(as: object.key), position.tag.sameScalars(as: object.tag) {
                start = position
            }
            if !source.formats.isOfAll {
                do throws(ConnectorError) { _ = try source.formats.makeReader(of: object.key) } catch {
                    // One stray object keeps no others back.
                    source.report(
                        "\(object.key) is passed over: its name tells no format. Name one with `format`, or leave it out with `pattern`.")
                    start.isDone = true
                    position = start
                    return
                }
            }
            guard let file = try await SpooledObject(object, of: source.bucket) else {
                throw ConnectorError(
                    .retry(after: nil), at: source.bucket.shown, "an object is gone or another one since it was listed",
                    remedy: "The list is read again: put objects there once, under keys of their own.")
            }
            open = (file, try FileCursor(path: file.path, source.formats, from: start.text))
            position = start
        }
    }
}
