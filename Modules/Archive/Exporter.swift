import Connectors
import Crypto
import EventModel
import Foundation
public import Storage

/// Writes a snapshot down as an archive: text whose every byte follows from the data, in gzip members of about 1 MiB of text each.
///
/// Header; definitions by kind and name; profiles by canonical id; messages by (canonical id, time, messageId); memberships by segment and
/// instant; counts and a SHA-256. Nothing in it depends on the order things arrived in, on numbers of the store, or on the clock: export,
/// import into an empty store and export again, and the text is the same. Memory stays bounded: messages beyond `memoryBytes` wait in a
/// temporary file while they are put in order.
public struct Exporter {
    private let snapshot: any MessageScanning
    private let options: ExportOptions
    private let selected: ContiguousArray<Bool>?
    private let memberships: [MembershipList]

    /// - Parameter selected: Whether each profile is exported, by its number in the snapshot; nil: all are.
    /// - Parameter memberships: What the archive says about segments; only exported profiles are named.
    public init(
        _ snapshot: any MessageScanning, options: ExportOptions = ExportOptions(), selected: ContiguousArray<Bool>? = nil,
        memberships: [MembershipList] = []
    ) {
        (self.snapshot, self.options, self.selected, self.memberships) = (snapshot, options, selected, memberships)
    }

    /// Writes the archive to `path`, which appears once it is whole; `-` is standard output.
    ///
    /// - Parameter progress: Called after each block and each part, never twice at once.
    /// - Parameter isCancelled: Asked often; once true, the export ends with `.interrupted` and leaves no file.
    public func write(
        to path: String, progress: (@Sendable (ExportProgress) -> Void)? = nil, isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws(ArchiveError) -> ExportResult {
        let start = ContinuousClock.now
        guard 1...9 ~= options.level else {
            throw ArchiveError(.limit, "level \(options.level) is not possible. Choose 1 (fast) to 9 (small).")
        }
        let file = try OutputFile(path: path)
        var key: SymmetricKey?
        if let secret = options.key {
            precondition(options.salt.count == SealedFrames.saltBytes, "a salt has \(SealedFrames.saltBytes) bytes")
            key = SealedFrames.key(secret, salt: options.salt)
            try file.write(Data(SealedFrames.magic) + Data(options.salt))
        }
        let members = MemberWriter(file, level: options.level, threads: options.threads, key: key)
        let folder = options.temporaryFolder ?? (path == "-" ? NSTemporaryDirectory() : Exporter.folder(of: path))
        let timed = progress.map { progress in
            { @Sendable (state: ExportProgress) in
                var state = state
                state.seconds = (ContinuousClock.now - start).inSeconds
                progress(state)
            }
        }
        do throws(ArchiveError) {
            var result = try run(members, folder: folder, progress: timed, isCancelled: isCancelled)
            try members.finish()
            try file.close()
            result.fileBytes = file.count
            result.seconds = (ContinuousClock.now - start).inSeconds
            return result
        } catch {
            members.abandon()
            throw error
        }
    }

    /// SHA-256 of the text of the export, as 64 hexadecimal digits; nothing is compressed or written.
    public func digest(isCancelled: @escaping @Sendable () -> Bool = { false }) throws(ArchiveError) -> String {
        try run(nil, folder: options.temporaryFolder ?? NSTemporaryDirectory(), progress: nil, isCancelled: isCancelled).digest
    }

    private static func folder(of path: String) -> String {
        let folder = (path as NSString).deletingLastPathComponent
        return folder.isEmpty ? "." : folder
    }

    private func run(
        _ members: MemberWriter?, folder: String, progress: (@Sendable (ExportProgress) -> Void)?,
        isCancelled: @escaping @Sendable () -> Bool
    ) throws(ArchiveError) -> ExportResult {
        do {
            var out = ArchiveTextWriter(members)
            let order = try ProfileOrder(snapshot, selected: selected)
            let gathering = MessageGathering(snapshot, order, options, folder: folder, progress: progress, isCancelled: isCancelled)
            if let writer = options.writer {
                try writeLines(of: gathering.run(), by: writer, &out, progress, isCancelled)
            } else {
                try out.write(ArchiveHeader(contents: options.contents, selection: options.selection))
                if options.contents == .all { try writeDefinitions(&out) }
                if options.contents != .memberships {
                    let messages = try gathering.run()
                    if options.contents != .events { try writeProfiles(messages, order, &out, isCancelled) }
                    if options.contents != .profiles { try writeMessages(messages, &out, progress, isCancelled) }
                }
                if options.contents == .all || options.contents == .memberships { try writeMemberships(order, &out) }
                try out.writeEnd()
            }
            let digest = try out.finish()
            return ExportResult(
                summary: out.summary, leftOut: out.leftOut, digest: digest, textBytes: out.textBytes, fileBytes: 0, seconds: 0)
        } catch let error as ArchiveError {
            throw error
        } catch let error as StoreError {
            throw ArchiveError(storing: error)
        } catch {
            throw ArchiveError(.store, "the store cannot be read: \(error)")
        }
    }

    private func writeDefinitions(_ out: inout ArchiveTextWriter) throws {
        let definitions = try snapshot.definitions().sorted {
            $0.kind == $1.kind ? $0.name.precedesByScalars($1.name) : $0.kind.rawValue.precedesByScalars($1.kind.rawValue)
        }
        for definition in definitions {
            try out.write(.definition) { line in
                JSONObject([
                    .init("kind", .string(definition.kind.rawValue)), .init("name", .string(definition.name)),
                    .init("body", .string(definition.body)),
                ]).append(to: &line)
            }
        }
    }

    private func writeProfiles(
        _ messages: GatheredMessages, _ order: ProfileOrder, _ out: inout ArchiveTextWriter, _ isCancelled: @Sendable () -> Bool
    ) throws {
        var fold = ProfileFold()
        var written = 0
        /// Writes the profiles before `rank`, of which only the first can have anything folded.
        func writeUp(to rank: Int, _ out: inout ArchiveTextWriter) throws {
            while written < rank {
                try writeProfile(written, messages, order, fold, &out)
                fold.removeAll()
                written += 1
            }
        }
        for part in 0..<messages.parts {
            if isCancelled() { throw Exporter.interrupted }
            try messages.telling(part).forEach { (rank, json) in
                try writeUp(to: Int(rank), &out)
                fold.apply(json)
            }
        }
        try writeUp(to: order.profiles.count, &out)
    }

    private func writeProfile(
        _ rank: Int, _ messages: GatheredMessages, _ order: ProfileOrder, _ fold: ProfileFold, _ out: inout ArchiveTextWriter
    ) throws {
        let profile = Int(order.profiles[rank])
        var identifiers = try order.identifiers[profile].map { try snapshot.identifier(Int($0)) }
        identifiers.sort { $0.kind == $1.kind ? $0.text.precedesByScalars($1.text) : $0.kind.rawValue < $1.kind.rawValue }
        try out.write(.profile) { line in
            line.append(contentsOf: "{\"id\":".utf8)
            JSONText.append(string: order.names[profile], to: &line)
            line.append(contentsOf: ",\"identifiers\":[".utf8)
            for (index, identifier) in identifiers.enumerated() {
                line.append(contentsOf: (index == 0 ? "{\"kind\":\"" : ",{\"kind\":\"").utf8)
                line.append(contentsOf: identifier.kind.word.utf8)
                line.append(contentsOf: "\",\"id\":".utf8)
                JSONText.append(string: identifier.text, to: &line)
                line.append(UInt8(ascii: "}"))
            }
            line.append(contentsOf: "]".utf8)
            if messages.latest[rank] > .min {
                line.append(contentsOf: ",\"at\":\"".utf8)
                Instant(milliseconds: messages.latest[rank]).append(to: &line)
                line.append(UInt8(ascii: "\""))
            }
            line.append(contentsOf: ",\"traits\":".utf8)
            fold.traits.append(to: &line)
            if !fold.consent.isEmpty {
                line.append(contentsOf: ",\"consent\":".utf8)
                fold.consent.append(to: &line)
            }
            line.append(UInt8(ascii: "}"))
        }
    }

    private func writeMessages(
        _ messages: GatheredMessages, _ out: inout ArchiveTextWriter, _ progress: (@Sendable (ExportProgress) -> Void)?,
        _ isCancelled: @Sendable () -> Bool
    ) throws {
        for part in 0..<messages.parts {
            if isCancelled() { throw Exporter.interrupted }
            try messages.all(part).forEach { (_, json) in
                try out.write(.message) { $0.append(contentsOf: json) }
            }
            progress?(ExportProgress(gathered: messages.count, written: out.summary.messages, messages: messages.count))
        }
    }

    /// Writes the messages in the format of another system, in the order of archives.
    private func writeLines(
        of messages: GatheredMessages, by writer: some EventWriter, _ out: inout ArchiveTextWriter,
        _ progress: (@Sendable (ExportProgress) -> Void)?, _ isCancelled: @Sendable () -> Bool
    ) throws {
        for part in 0..<messages.parts {
            if isCancelled() { throw Exporter.interrupted }
            try messages.all(part).forEach { (_, json) in try out.write(json, by: writer) }
            let done = out.summary.messages + out.leftOut
            progress?(ExportProgress(gathered: messages.count, written: done, messages: messages.count))
        }
    }

    /// Profiles named in one line of memberships.
    private static let membersPerLine = 1000

    private func writeMemberships(_ order: ProfileOrder, _ out: inout ArchiveTextWriter) throws {
        let lists = memberships.sorted { $0.segment.sameScalars(as: $1.segment) ? $0.at < $1.at : $0.segment.precedesByScalars($1.segment) }
        for list in lists {
            let ranks = list.profiles.map { order.rank[Int($0)] }.filter { $0 != ProfileOrder.absent }.sorted()
            for start in stride(from: 0, to: max(1, ranks.count), by: Exporter.membersPerLine) {
                let names = ranks[start..<min(start + Exporter.membersPerLine, ranks.count)].map {
                    order.names[Int(order.profiles[Int($0)])]
                }
                try out.write(.membership) { line in
                    JSONObject([
                        .init("segment", .string(list.segment)), .init("at", .string(list.at.text)),
                        .init("profiles", .array(names.map { .string($0) })),
                    ]).append(to: &line)
                }
            }
        }
    }

    static let interrupted = ArchiveError(.interrupted, "the export was stopped, and no archive was left behind. Run the command again.")
}
