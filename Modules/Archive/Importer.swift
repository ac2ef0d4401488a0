public import Connectors
import EventModel
import Foundation
public import Storage

/// Reads files of events into a store, on several threads, in order, and so that it can go on after any interruption.
///
/// Files count in the order given, lines in their order in the file, whatever the number of threads: the first message of an id wins.
/// A bad record is refused with a reason and the import goes on. What was committed stays, whatever happens.
public struct Importer {
    private let store: any EventStore
    private let format: any EventFormat
    private let options: ImportOptions

    /// Prepares an import; nothing is opened before `run`. With `options.inflate.keepGoing`, a `TesseraFormat` also tolerates missing text.
    public init(store: any EventStore, format: any EventFormat, options: ImportOptions = ImportOptions()) {
        (self.store, self.options) = (store, options)
        if var tessera = format as? TesseraFormat, options.inflate.keepGoing {
            tessera.toleratesGaps = true
            self.format = tessera
        } else {
            self.format = format
        }
    }

    /// Imports `paths` in their order; `-` is standard input.
    ///
    /// - Parameter progress: Called now and then (`progressInterval`), on any thread, never twice at once.
    /// - Parameter isCancelled: Asked often, on any thread; once true, what was read is stored and committed, and the import ends.
    /// - Returns: What was done, also where it failed: `failures` says why. The store's writer is taken at the start and given back.
    public func run(
        _ paths: [String], progress: (@Sendable (ImportProgress) -> Void)? = nil, isCancelled: @escaping @Sendable () -> Bool = { false }
    ) -> ImportResult {
        let start = ContinuousClock.now
        var result = ImportResult()
        do throws(ArchiveError) {
            let writer: any StoreWriter
            do { writer = try store.makeWriter() } catch { throw ArchiveError(storing: error) }
            result = importAll(paths, into: writer, start: start, progress: progress, isCancelled: isCancelled)
            do { try writer.close() } catch { throw ArchiveError(storing: error) }
            do { result.profiles = try store.snapshot().profileCount } catch { throw ArchiveError(storing: error) }
        } catch {
            result.failures.append(error)
        }
        result.seconds = (ContinuousClock.now - start).inSeconds
        return result
    }

    private func importAll(
        _ paths: [String], into writer: any StoreWriter, start: ContinuousClock.Instant, progress: (@Sendable (ImportProgress) -> Void)?,
        isCancelled: @escaping @Sendable () -> Bool
    ) -> ImportResult {
        let (inputs, totalBytes) = survey(paths, writer)
        let sources = ImportSources(inputs, format: format, options: options)
        let ledger = ImportLedger(store: store, writer: writer, options: options)
        var reported = start
        let pipeline = ImportPipeline(
            sources: sources, ledger: ledger, inFlightLimit: max(options.inFlightBytes, 4 << 20), isCancelled: isCancelled
        ) { [options] item in
            guard let progress else { return }
            let now = ContinuousClock.now
            guard now - reported >= options.progressInterval else { return }
            reported = now
            progress(
                ImportProgress(
                    file: ledger.file, fileNumber: ledger.fileNumber, fileCount: paths.count, bytes: item.bytesTaken,
                    totalBytes: totalBytes,
                    messages: ledger.messages, seconds: (now - start).inSeconds))
        }
        pipeline.run((0..<max(1, options.threads)).map { _ in writer.makeDecoder() })

        var failures: [ArchiveError] = []
        if let fatal = pipeline.fatal {
            failures.append(fatal)
        } else if pipeline.wasCancelled {
            do { try ledger.stop() } catch { failures.append(error) }
            failures.append(
                ArchiveError(
                    .interrupted,
                    "\(ledger.file.isEmpty ? "import" : ledger.file): the import was stopped. What was read is stored; "
                        + "run the same command with --resume to go on there."))
        }
        var result = ledger.finish()
        result.failures += failures
        result.interrupted = pipeline.wasCancelled
        result.bytesIn = sources.bytesTaken
        return result
    }

    /// Looks at every file once: how much there is, and how much of it was done before. Files that cannot be read are met again later.
    private func survey(_ paths: [String], _ writer: any StoreWriter) -> ([ImportSources.Input], totalBytes: Int?) {
        var total: Int? = 0
        let inputs = paths.map { path in
            let key = (try? SourceIdentity.key(path: path)) ?? nil
            let size = FileStream.size(path: path)
            var position = ImportPosition()
            if options.resume, let key, let kept = try? writer.position(of: key) { position = kept }
            if !position.finished { total = total.flatMap { sum in size.map { sum + $0 } } }
            return ImportSources.Input(path: path, key: key, position: position)
        }
        return (inputs, total)
    }
}

extension Duration {
    /// The duration as a number of seconds.
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
