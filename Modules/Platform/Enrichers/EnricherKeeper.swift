import Connectors
import EventModel
import Foundation
import Service
import Synchronization

/// The enrichers at work: follows their settings file, asks them about messages before these are stored, and counts what they do.
final class EnricherKeeper: Sendable {
    /// A message's enricher, opened, so that nothing has to be unpacked for each message.
    private struct Asked: Sendable {
        let entry: EnricherPlan.Entry
        let parts: [[String]]
        let purged: [[String]]
        let ask: @Sendable ([JSONValue?], Instant) throws(ConnectorError) -> [GivenTraits]

        init(_ entry: EnricherPlan.Entry) { self.init(entry, entry.enricher) }

        private init(_ entry: EnricherPlan.Entry, _ enricher: some Enricher) {
            (self.entry, parts, purged) = (entry, enricher.parts, enricher.purged)
            ask = { parts, now throws(ConnectorError) in try enricher.traits(of: parts, at: now) }
        }
    }
    private struct State {
        var asked: [Asked] = []
        var counts: [String: EnricherCounts] = [:]
        /// Enrichers whose failure was reported since the settings were read.
        var reported: Set<String> = []
    }
    private let file: FollowedFile?
    private let plugins: Plugins
    private let environment: [String: String]
    private let report: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// - Parameter path: The settings file; nil: there are no enrichers.
    /// - Parameter environment: Where `env:` secrets are looked up.
    /// - Parameter report: Takes sentences for the log.
    /// - Throws: What keeps the file from being read, or what is wrong with its enrichers.
    init(
        settings path: String?, plugins: Plugins, environment: [String: String], report: @escaping @Sendable (String) -> Void
    ) throws(CommandError) {
        file = path.map { FollowedFile(path: $0) }
        (self.plugins, self.environment, self.report) = (plugins, environment, report)
        if let file { try takeOver(SettingsFile.data(file.path), of: file) }
    }

    /// Takes over a changed settings file once two looks in a row find the same, and lets every enricher look whether the world changed.
    ///
    /// - Throws: What is wrong with the file, once; the enrichers before stay.
    func follow() throws(CommandError) {
        for asked in state.withLock({ $0.asked }) { asked.entry.enricher.refresh() }
        if let file, let data = file.look() { try takeOver(data, of: file) }
    }

    private func takeOver(_ data: Data, of file: FollowedFile) throws(CommandError) {
        let plan = try SettingsFile(path: file.path, data: data).enrichers(plugins, environment: environment, report: report)
        state.withLock { state in
            state.asked = plan.entries.map { Asked($0) }
            state.reported = []
            for entry in plan.entries where state.counts[entry.name] == nil { state.counts[entry.name] = EnricherCounts() }
        }
        file.take(data)
    }

    /// A batch as it is to be stored, and what enrichers know of its people: identifies that are stored with it, nil where there are none.
    ///
    /// Only texts that are to be purged are changed. Lines keep their places. What cannot be read as a message is left to whoever stores it.
    func enriched(_ batch: MessageBatch, at now: Instant) -> EnrichedBatch {
        let asked = state.withLock { $0.asked }
        guard !asked.isEmpty else { return EnrichedBatch(batch: batch) }
        var work = Enrichment(ids: batch.derivedIDs)
        batch.text.withUnsafeBufferPointer { bytes in
            var (start, number) = (0, 0)
            while start < batch.count {
                let end = bytes[start..<batch.count].firstIndex(of: 10) ?? batch.count
                let line = UnsafeBufferPointer(rebasing: bytes[start..<end])
                if let message = work.message(line, number: number) {
                    for one in asked where one.entry.isAsked(about: message) { ask(one, about: message, now, &work) }
                    work.purge(message, line: start..<end, of: bytes)
                }
                (start, number) = (end + 1, number + 1)
            }
            work.end(bytes, count: batch.count)
        }
        for (name, sentence) in note(work) {
            report("The enricher \(name): \(sentence) What it would know is missing; messages are stored.")
        }
        return work.result(of: batch)
    }

    private func ask(_ one: Asked, about message: Message, _ now: Instant, _ work: inout Enrichment) {
        let name = one.entry.name
        work.paths += one.purged
        work.counts[name, default: EnricherCounts()].asked += 1
        do throws(ConnectorError) {
            let given = try one.ask(one.parts.map { message.json.value(at: $0) }, now)
            for traits in given {
                guard traits.isWithinBounds else {
                    throw ConnectorError(
                        .stop, at: name, "what it gives is not 1 to \(GivenTraits.mostTraits) traits of \(GivenTraits.mostBytes) bytes",
                        remedy: "This is an error of the enricher.")
                }
            }
            for traits in given {
                work.add(traits.identify(message, from: name, purpose: one.entry.purpose, timeToLive: one.entry.timeToLive))
                work.counts[name, default: EnricherCounts()].given += 1
            }
        } catch {
            work.counts[name, default: EnricherCounts()].failed += 1
            if work.failures[name] == nil { work.failures[name] = error.description }
        }
    }

    /// Adds to the counts; gives the failures that are to be told.
    private func note(_ work: Enrichment) -> [(name: String, sentence: String)] {
        state.withLock { state in
            for (name, counts) in work.counts { state.counts[name, default: EnricherCounts()].add(counts) }
            return work.failures.sorted { $0.key < $1.key }.filter { state.reported.insert($0.key).inserted }
                .map { (name: $0.key, sentence: $0.value) }
        }
    }

    /// What each enricher did.
    var figures: [ServiceFigure] {
        state.withLock { $0.counts }.sorted { $0.key.precedesByScalars($1.key) }.flatMap { name, counts in
            [("asked", counts.asked), ("given", counts.given), ("failed", counts.failed)].map { what, count in
                ServiceFigure(
                    "tessera_enricher_total", .counter,
                    help:
                        "Messages that an enricher was asked about, messages with traits that it gave, and questions it could not answer.",
                    labels: ["enricher": name, "what": what], value: Double(count))
            }
        }
    }
}

/// How often an enricher did what.
struct EnricherCounts: Sendable {
    /// Messages that it was asked about.
    var asked = 0
    /// Identifies that it gave.
    var given = 0
    /// Questions that it could not answer.
    var failed = 0

    mutating func add(_ other: EnricherCounts) {
        asked += other.asked
        given += other.given
        failed += other.failed
    }
}
