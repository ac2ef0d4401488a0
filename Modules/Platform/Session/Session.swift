public import EventModel
import Foundation
import Storage

/// A conversation with one store: where it is, which workspace, what `now` is, how answers look. A value; nothing of a command stays in it.
public struct Session: Sendable {
    /// The store that is talked with.
    public let tessera: Tessera
    /// The folder of definitions that go before the store's; nil: only what the store holds.
    public var workspace: Workspace?
    /// nil: the wall clock, read once for each command.
    public var fixedNow: Instant?
    /// How answers are to be printed; `answer` itself does not look at it.
    public var format: OutputFormat
    /// Threads that evaluation may use.
    public var threads: Int
    /// Answers kept between commands; nil, unless asked for: none are.
    public var cache: AnswerCache?
    /// Who decides about people, as the log of people names them: the account's name, unless another is set.
    public var author = NSUserName()
    /// Whether a conversation shows the exact count of what is being typed.
    public var previews = true
    private let clock: @Sendable () -> Instant

    /// - Parameter clock: The wall clock; read only where no instant is fixed.
    public init(
        tessera: Tessera, workspace: Workspace? = nil, now: Instant? = nil, format: OutputFormat, threads: Int = 2,
        cache: AnswerCache? = nil, clock: @escaping @Sendable () -> Instant
    ) {
        self.tessera = tessera
        self.workspace = workspace
        fixedNow = now
        self.format = format
        self.threads = max(1, threads)
        self.cache = cache
        self.clock = clock
    }

    /// The instant that a command asks at.
    public var now: Instant { fixedNow ?? clock() }
    /// The instant by the wall clock, whatever is fixed: what is written is written then.
    var wallClock: Instant { clock() }

    /// One sentence on the instant that questions are asked at, beside the latest message.
    public var greeting: String {
        let words = fixedNow.map { "`now` is \($0.text)" } ?? "`now` is the wall clock"
        guard let store = try? tessera.store(), let latest = try? store.snapshot().latestTime else { return words + "." }
        let late = latest < now.milliseconds - 86_400_000 ? "; `set now last` asks as of then." : "."
        return words + ", the latest message is of \(Instant(milliseconds: latest).text)" + late
    }

    /// Changes the settings when `command` is about them.
    ///
    /// - Returns: What to say; nil where the command is not about settings.
    public mutating func apply(_ command: Command) throws(CommandError) -> Acknowledgement? {
        switch command {
        case .setFormat(let format):
            self.format = format
            return Acknowledgement("Answers are printed as \(format.rawValue).", details: JSONObject(["format": .string(format.rawValue)]))
        case .setNow(let setting):
            switch setting {
            case .clock: fixedNow = nil
            case .instant(let instant): fixedNow = instant
            case .last:
                let store = try tessera.store()
                guard let latest = try attempt({ try store.snapshot().latestTime }) else {
                    throw CommandError(.data, "\(tessera.path) holds no message yet, so there is no last one.")
                }
                fixedNow = Instant(milliseconds: latest)
            }
            let words = fixedNow?.text ?? "the wall clock"
            return Acknowledgement("now is \(words).", details: JSONObject(["now": .string(fixedNow?.text ?? "clock")]))
        case .setCache(let isOn):
            cache = isOn ? cache ?? AnswerCache() : nil
            let sentence = isOn ? "Answers are kept while the store and `now` stay the same." : "Every answer is worked out anew."
            return Acknowledgement(sentence, details: JSONObject(["cache": .bool(isOn)]))
        case .setPreview(let isOn):
            previews = isOn
            let sentence = isOn ? "The count of what is being typed is shown." : "Nothing is shown before a command is entered."
            return Acknowledgement(sentence, details: JSONObject(["preview": .bool(isOn)]))
        default: return nil
        }
    }

    /// Answers a command. `source`, `set` and `quit` are the caller's.
    ///
    /// - Parameter interruption: Stops the command; nothing is written after it was set.
    /// - Parameter warn: Takes sentences for standard error.
    public func answer(
        _ command: Command, interruption: Interruption = Interruption(), warn: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(CommandError) -> any CommandResult {
        switch command {
        case .help(let topic?) where ExpressionHelp.answers(topic): return ExpressionHelp()
        case .help(let topic): return try HelpResult(topic)
        case .plot(let command, let file): return try plot(command, file: file, interruption: interruption, warn: warn)
        case .saveSegment, .saveFeature, .dropSegment, .dropFeature, .dropOffer, .dropSource:
            return try define(command, interruption: interruption, warn: warn)
        case .source, .setFormat, .setNow, .setCache, .setPreview, .quit: return Acknowledgement("")
        case .unmerge(let reference, let other, let reason): return try unmerge(reference, from: other, reason: reason)
        case .rejoin(let number, let reason): return try rejoin(number, reason: reason)
        case .addIndex(let trait): return try addIndex(of: trait)
        case .dropIndex(let trait): return try dropIndex(of: trait)
        case .record(let names): return try record(names, interruption: interruption, warn: warn)
        case .diff(let name, let expression): return try diff(name, expression, interruption: interruption, warn: warn)
        case .plan: return try plan(storeQuestion(interruption: interruption, warn: warn))
        case .apply: return try apply(interruption: interruption, warn: warn)
        case .lint: return try lint(storeQuestion(interruption: interruption, warn: warn))
        default: break
        }
        let question = try question(interruption: interruption, warn: warn)
        switch command {
        case .count(let expression): return try question.count(expression, withWaterfall: format == .table)
        case .explain(let expression, let reference): return try question.explain(expression, reference)
        case .queryPlan(let expression): return try question.queryPlan(expression)
        case .indexes: return try question.indexes()
        case .history(let subject): return try question.history(subject)
        case .recorded(let name, let instant, let limit): return try question.recorded(name, at: instant, limit: limit)
        case .sql(let statement):
            guard let engine = tessera.plugins.sql else { throw CommandError(.usage, "This program answers no SQL.") }
            return try question.sql(statement, by: engine)
        case .waterfall(let expression): return try question.waterfall(expression)
        case .members(let expression, let limit): return try question.members(expression, limit: limit)
        case .segments: return try question.segments()
        case .showSegment(let name): return try question.segment(name)
        case .overlap(let names): return try question.overlap(names)
        case .taxonomy(let name): return try question.taxonomies(name)
        case .profile(let reference): return try question.profile(reference)
        case .timeline(let reference, let limit): return try question.timeline(reference, limit: limit)
        case .merges(let reference, let limit): return try question.merges(reference, limit: limit)
        case .refusedMerges(let limit): return try question.refusedMerges(limit: limit)
        case .events(nil): return try question.events()
        case .events(let name?): return try question.event(name)
        case .auditData(let name): return try question.auditData(name, plan: try workspace?.trackingPlan(tessera.plugins))
        case .auditSources:
            return try question.auditSources(quarantine: QuarantineFolder(store: tessera.path), sent: SentCounts(store: tessera.path))
        case .traits: return try question.traits()
        case .features: return question.features()
        case .offers: return question.offers()
        case .showOffer(let key, nil): return try question.offer(key)
        case .showOffer(let key, let reference?): return try question.offer(key, for: reference)
        case .rfm(let request): return try question.rfm(request)
        case .cluster(let request): return try cluster(request, question)
        case .elbow(let request): return try question.curve(request, measure: .inertia)
        case .silhouette(let request): return try question.curve(request, measure: .silhouette)
        case .components(let request): return try question.components(request)
        case .report(let request): return try report(request, question)
        default: throw CommandError(.usage, "The command cannot be used here.")
        }
    }

    func question(interruption: Interruption, warn: @escaping @Sendable (String) -> Void) throws(CommandError) -> Question {
        let store = try tessera.store()
        return try Question(
            snapshot: try attempt { try store.snapshot() }, workspace: workspace, now: now, threads: threads, cache: cache,
            interruption: interruption, warn: warn)
    }

    private func plot(
        _ command: Command, file: String?, interruption: Interruption, warn: @escaping @Sendable (String) -> Void
    ) throws(CommandError) -> any CommandResult {
        let result = try answer(command, interruption: interruption, warn: warn)
        guard let drawable = result as? any Drawable else { throw CommandError(.usage, "That has no picture.") }
        guard let file else { return PlotResult(result: drawable) }
        try writeFile(drawable.chart.drawing(width: 860).file, to: file)
        return Acknowledgement("Wrote \(file).", details: JSONObject(["file": .string(file)]))
    }
}

/// A picture in the terminal; programs get the figures behind it.
struct PlotResult: CommandResult {
    let result: any Drawable
    var json: JSONObject { result.json }
    var table: ResultTable { result.table }
    var records: [JSONObject] { result.records }
    func text(on canvas: Canvas) -> String { result.chart.characters(on: canvas) }
}

/// Writes a text file whole, or leaves what was there.
func writeFile(_ text: String, to path: String) throws(CommandError) {
    do {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
        let reason = (error as NSError).localizedFailureReason ?? error.localizedDescription
        throw CommandError(.disk, "\(path) cannot be written: \(reason) Check that the folder is there and may be written.")
    }
}
