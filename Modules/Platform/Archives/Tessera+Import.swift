import Archive
import Connectors
import EventModel
import Foundation
import Storage

extension Tessera {
    /// Imports files into the store, which is made if need be.
    ///
    /// - Parameter progress: Called now and then, on any thread, never twice at once.
    /// - Returns: What was done, also where it failed, and why it failed; what was committed stays in either case.
    /// - Throws: `CommandError` where nothing could be begun: no such format, no such mapping, no store.
    public func importFiles(
        _ request: ImportRequest, interruption: Interruption, progress: (@Sendable (ProgressLine.State) -> Void)? = nil
    ) throws(CommandError) -> (summary: ImportSummary, failure: CommandError?) {
        var options = ImportOptions(threads: request.threads, resume: request.resume)
        options.inflate.keepGoing = request.keepGoing
        if let ratio = request.maxRatio { options.inflate.ratio = ratio }
        if let line = request.maxLine { options.limits.longestLine = line }
        options.rejects = request.rejects.map { .file($0) } ?? .beside(store: path)
        options.inflate.key = try Self.key(request.keyFile)
        let format = try format(of: request, options.inflate)
        let importer = Importer(store: try store(.creating), format: format, options: options)
        let report = progress.map { progress in { @Sendable (state: ImportProgress) in progress(ProgressLine.State(state)) } }
        let result = importer.run(request.files, progress: report, isCancelled: { interruption.isInterrupted })
        return (ImportSummary(result), Self.failure(of: result))
    }

    /// The key in a file, when one is named.
    static func key(_ file: String?) throws(CommandError) -> ArchiveKey? {
        guard let file else { return nil }
        return try attempt { try ArchiveKey(file: file) }
    }

    private static func failure(of result: ImportResult) -> CommandError? {
        let errors = result.failures.map { CommandError(any: $0) }
        if result.interrupted { return CommandError(.interrupted, errors.last?.message ?? "The import was stopped.") }
        if errors.count == 1 { return errors[0] }
        if let first = errors.first { return CommandError(first.code, errors.map(\.message).joined(separator: "\n")) }
        guard !result.damages.isEmpty else { return nil }
        let sentences = result.damages.map(\.description).joined(separator: "\n")
        return CommandError(.damaged, sentences + "\nEverything else was imported.")
    }

    private func format(of request: ImportRequest, _ inflate: InflateOptions) throws(CommandError) -> any EventFormat {
        let name = try formatName(of: request, inflate)
        var settings: String?
        if let mapping = request.mapping {
            guard let data = FileManager.default.contents(atPath: mapping) else {
                throw CommandError(.missing, "\(mapping): the mapping file cannot be read. Check its name.")
            }
            guard let text = String(validating: data, as: UTF8.self) else {
                throw CommandError(.damaged, "\(mapping) is not UTF-8. Save it as UTF-8.")
            }
            settings = text
        }
        do {
            if settings == nil, try plugins.formats.descriptor(of: name).needsMapping {
                let file = request.files.first ?? "the file"
                throw CommandError(
                    .usage,
                    "\(file): format '\(name)' needs a mapping file that says which columns are user, time and event. Name one with "
                        + "--mapping M.yaml; Tools/samples holds examples.")
            }
            return try plugins.formats.makeFormat(name, settings: settings, settingsName: request.mapping ?? "mapping")
        } catch let error as CommandError {
            throw error
        } catch {
            throw CommandError(.usage, (error as? FormatError)?.description ?? String(describing: error))
        }
    }

    /// The format asked for; else the one that each file's first line or name speaks of, which must be the same for all.
    private func formatName(of request: ImportRequest, _ inflate: InflateOptions) throws(CommandError) -> String {
        if let name = request.format { return name }
        guard let usual = plugins.formats.usualFormat(withMapping: request.mapping != nil)?.name else {
            throw CommandError(
                .usage, "No format is read \(request.mapping == nil ? "without" : "with") a mapping file. Say --input-format.")
        }
        var found: (name: String, file: String)?
        for file in request.files {
            let own = Self.isTesseraArchive(file, inflate) ? TesseraFormat.name : plugins.formats.format(forFile: file)?.name ?? usual
            if let first = found, !first.name.sameScalars(as: own) {
                throw CommandError(
                    .usage,
                    "\(first.file) looks like '\(first.name)' and \(file) like '\(own)'. Import them one after the other, or say --input-format."
                )
            }
            found = found ?? (own, file)
        }
        return found?.name ?? usual
    }

    /// Whether a file begins with the header line of Tessera's archives. A file that cannot be read says no; the import will say why.
    private static func isTesseraArchive(_ file: String, _ inflate: InflateOptions) -> Bool {
        guard file != "-", let reader = try? InflatingReader(path: file, options: inflate) else { return false }
        let mark = Array(#"{"archive":"tessera""#.utf8)
        var head = [UInt8](repeating: 0, count: 4096)
        var filled = 0
        while filled < mark.count {
            let count = head.withUnsafeMutableBytes { bytes in
                (try? reader.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[filled...]))) ?? 0
            }
            if count == 0 { return false }
            filled += count
        }
        return head.starts(with: mark)
    }
}

extension ProgressLine.State {
    init(_ progress: ImportProgress) {
        let place = progress.fileCount > 1 ? " (\(progress.fileNumber) of \(progress.fileCount))" : ""
        self.init(
            name: progress.file + place, done: Double(progress.bytes), total: progress.totalBytes.map(Double.init),
            count: progress.messages,
            unit: "message", seconds: progress.seconds)
    }
}
