import Archive
import Connectors
public import EventModel
import Foundation
import Rules
public import Storage

extension Tessera {
    /// Writes the store, or those that an expression holds for, as an archive.
    public func exportArchive(
        _ request: ExportRequest, interruption: Interruption, warn: @escaping @Sendable (String) -> Void = { _ in },
        progress: (@Sendable (ProgressLine.State) -> Void)? = nil
    ) throws(CommandError) -> ExportSummary {
        guard let contents = ArchiveContents(rawValue: request.contents) else {
            throw CommandError(
                .usage, "\"\(request.contents)\" cannot be exported. Choose \(ExportRequest.contentNames.joined(separator: ", ")).")
        }
        let writer = try writer(of: request, contents)
        let (scanning, question) = try scanning(now: request.now, threads: request.threads, interruption, warn)
        var options = ExportOptions(
            contents: contents, writer: writer, selection: request.filter, level: request.level, threads: request.threads)
        if let key = try Self.key(request.keyFile) {
            options.key = key
            var random = SystemRandomNumberGenerator()
            options.salt = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        }
        var selected: ContiguousArray<Bool>?
        if let filter = request.filter {
            let members = try question.members(of: question.rule(filter))
            selected = ContiguousArray((0..<members.population).map { members.contains($0) })
        }
        var memberships: [MembershipList] = []
        if contents == .memberships {
            for definition in question.definitions(.segment) {
                let members = try question.members(of: question.rule(definition.body, source: .segment(definition.name)))
                memberships.append(
                    MembershipList(segment: definition.name, at: request.now, profiles: ContiguousArray(members.members.map { UInt32($0) }))
                )
            }
        }
        let exporter = Exporter(scanning, options: options, selected: selected, memberships: memberships)
        let report = progress.map { progress in
            { @Sendable (state: ExportProgress) in
                progress(
                    ProgressLine.State(
                        name: request.file, done: Double(state.gathered + state.written), total: Double(2 * state.messages),
                        count: state.written, unit: "message", seconds: state.seconds))
            }
        }
        let result = try attempt { try exporter.write(to: request.file, progress: report, isCancelled: { interruption.isInterrupted }) }
        return ExportSummary(result, of: request)
    }

    /// What writes the events; nil for an archive.
    private func writer(of request: ExportRequest, _ contents: ArchiveContents) throws(CommandError) -> (any EventWriter)? {
        if request.format.sameScalars(as: TesseraFormat.name) { return nil }
        guard let writer = plugins.formats.writer(request.format) else {
            throw CommandError(.usage, "Nothing is exported as '\(request.format)'. Choose \(listed(plugins.exportFormats)).")
        }
        if contents == .events { return writer }
        throw CommandError(
            .usage, "Format '\(request.format)' holds events and nothing else. Say --what events, or leave --as out for an archive.")
    }

    /// SHA-256 of the text that an export of everything would have.
    public func digest(interruption: Interruption) throws(CommandError) -> DigestResult {
        let (scanning, _) = try scanning(now: Instant(milliseconds: .max), threads: 2, interruption, { _ in })
        return DigestResult(
            digest: try attempt { try Exporter(scanning).digest(isCancelled: { interruption.isInterrupted }) })
    }

    /// Makes the curated tables anew from the raw layer; the digest stays what it was, unless the rules of identity are others.
    ///
    /// - Parameter rules: What links people from now on, and when that is said; nil: the store's own rules.
    public func rebuild(
        rules: (IdentityRules, at: Instant)? = nil, interruption: Interruption
    ) throws(CommandError) -> Acknowledgement {
        let store = try store()
        let (writer, hadOthers) =
            if let rules { try self.writer(of: store, by: rules.0, at: rules.at) } else { (try attempt { try store.makeWriter() }, false) }
        do {
            try attempt { try writer.rebuild() }
        } catch {
            try? writer.close()
            throw error
        }
        try attempt { try writer.close() }
        let others = hadOthers ? " The rules of identity are others than before: who is who was made anew by them." : ""
        return Acknowledgement("Rebuilt \(path).\(others)", details: JSONObject(["db": .string(path)]))
    }

    private func scanning(
        now: Instant, threads: Int, _ interruption: Interruption, _ warn: @escaping @Sendable (String) -> Void
    ) throws(CommandError) -> (any MessageScanning, Question) {
        let store = try store()
        guard let snapshot = try attempt({ try store.snapshot() }) as? any MessageScanning else {
            throw CommandError(.failed, "\(path): this kind of store cannot be exported.")
        }
        let question = try Question(
            snapshot: snapshot, workspace: nil, now: now, threads: threads, interruption: interruption, warn: warn)
        return (snapshot, question)
    }
}
