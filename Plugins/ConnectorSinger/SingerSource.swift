import Connectors
import EventModel
import Programs
import Records

/// Runs a tap again and again, and goes on each time where its last state says.
struct SingerSource: Source {
    /// Which streams the tap is told to read.
    enum Selection: Sendable {
        /// None: it knows itself.
        case tapsOwn
        /// Those of a catalog file.
        case file(String)
        /// All that it has.
        case everything
    }
    let tap: Program
    let selection: Selection
    let mapping: RecordMapping
    /// Between the end of a run and the next; nil: there is one run.
    let every: Duration?
    let now: @Sendable () -> Instant

    /// Streams that a sentence names.
    private static let mostNamed = 20

    func batches(after checkpoint: Checkpoint?) -> Batches { Batches(source: self, checkpoint: checkpoint) }

    func probe() async throws(ConnectorError) -> String {
        guard case .catalog(let catalog) = try await tap.discover() else {
            return "\(tap.name) speaks Singer, and does not tell its streams."
        }
        let streams = catalog.streams
        let named = streams.prefix(Self.mostNamed).joined(separator: ", ") + (streams.count > Self.mostNamed ? ", ..." : "")
        var found = streams.count == 1 ? "1 stream: \(named)." : "\(streams.count) streams: \(named)."
        for rule in mapping.streams where !streams.contains(where: { $0.sameScalars(as: rule) }) {
            let near = nearMatch(to: rule, among: streams).map { " Did you mean `\($0)`?" } ?? ""
            found += " There is no stream `\(rule)`, for which there are rules.\(near)"
        }
        return found
    }

    struct Batches: AsyncSequence {
        typealias Failure = ConnectorError
        let source: SingerSource
        let checkpoint: Checkpoint?

        func makeAsyncIterator() -> Iterator { Iterator(source: source, checkpoint: checkpoint) }
    }

    struct Iterator: AsyncIteratorProtocol {
        private let source: SingerSource
        /// Where the next run begins.
        private var state: Checkpoint
        private var run: ProgramRun?
        private var reader: TapReader
        /// What the tap's end was, once what it gave before has been given.
        private var outcome: Outcome?
        private var hasRun = false

        private enum Outcome {
            case well
            case failed(ConnectorError)
        }

        init(source: SingerSource, checkpoint: Checkpoint?) {
            self.source = source
            state = checkpoint ?? Checkpoint(version: 1, position: "")
            reader = source.makeReader(after: state)
        }

        mutating func next(isolation: isolated (any Actor)?) async throws(ConnectorError) -> SourceBatch? {
            while !Task.isCancelled {
                if let batch = reader.next() {
                    state = batch.checkpoint
                    return batch
                }
                switch outcome {
                case .failed(let error): throw error
                case .well:
                    guard let every = source.every else { return nil }
                    do { try await Task.sleep(for: every) } catch { return nil }
                    (outcome, run) = (nil, nil)
                case nil:
                    if let run { await read(run) } else { try await begin() }
                }
            }
            // The next one may begin at once: this one has to be gone before.
            await run?.stop()
            return nil
        }

        /// Starts a run.
        private nonisolated(nonsending) mutating func begin() async throws(ConnectorError) {
            guard state.version == 1 else {
                throw ConnectorError(
                    .stop, at: source.tap.name, "the kept position is of something else",
                    remedy: "Reset the connector: what is read again is stored once.")
            }
            reader = source.makeReader(after: state)
            do throws(ConnectorError) { run = try await source.start(after: state) } catch {
                if Task.isCancelled { return }
                throw error
            }
        }

        /// Looks through what is there, or waits for more.
        private nonisolated(nonsending) mutating func read(_ run: ProgramRun) async {
            do throws(ConnectorError) {
                if try reader.step(atEnd: false) || reader.isReady { return }
                if let piece = await run.next() {
                    reader.append(piece)
                    return
                }
                if let failure = source.tap.failure(of: await run.end, run.words) { throw failure }
                while try reader.step(atEnd: true) {}
                outcome = .well
            } catch {
                await run.stop()
                outcome = .failed(error)
            }
            reader.end()
        }
    }

    fileprivate func makeReader(after state: Checkpoint) -> TapReader {
        TapReader(name: tap.name, mapping: mapping, after: state, now: now)
    }

    fileprivate func start(after state: Checkpoint) async throws(ConnectorError) -> ProgramRun {
        var catalog: Catalog?
        if case .everything = selection {
            guard case .catalog(let found) = try await tap.discover() else {
                throw ConnectorError(
                    .mendSettings, at: "discover", "\(tap.name) does not tell its streams", remedy: "Leave `discover` out.")
            }
            catalog = found
        }
        let folder = try ProgramFolder()
        var arguments = try tap.options(in: folder)
        if let catalog { arguments += ["--catalog", try folder.write(catalog.everything, as: "catalog.json")] }
        if case .file(let path) = selection { arguments += ["--catalog", path] }
        if !state.position.isEmpty { arguments += ["--state", try folder.write(state.position, as: "state.json")] }
        return ProgramRun(tap, arguments, in: folder)
    }
}
