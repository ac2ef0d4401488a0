public import EventModel

/// Why a value is no ledger of jobs.
public struct JobLedgerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A sentence: where, what is wrong, and what to do.
    public var description: String

    init(at path: String, _ problem: String) {
        description = "The ledger of jobs, at \(path): \(problem). Delete the ledger to begin anew; no run of the past is made up for then."
    }
}

extension JobLedger {
    static let version: Int64 = 1

    /// The ledger as JSON, jobs by name; reading it back gives an equal ledger.
    public var json: JSONValue {
        let jobs = records.sorted { $0.key.precedesByScalars($1.key) }.map { JSONObject.Member($0.key, $0.value.json) }
        return .object(
            JSONObject([
                .init("version", .integer(Self.version)), .init("place", .integer(Int64(place))), .init("jobs", .object(JSONObject(jobs))),
            ]))
    }

    /// Reads a ledger.
    /// - Throws: `JobLedgerError` naming the first member that is missing or of the wrong kind, and for versions that are not known.
    public init(json: JSONValue) throws(JobLedgerError) {
        let reader = LedgerReader(value: json, path: "its root")
        let version = try reader.integer("version")
        guard version == Self.version else {
            throw JobLedgerError(at: "version", "\(version) is not \(Self.version), the only version that this program knows")
        }
        place = Int(try reader.integer("place"))
        for member in try reader.object("jobs").members {
            records[member.name] = try Record(LedgerReader(value: member.value, path: "jobs.\(member.name)"))
        }
    }
}

extension JobLedger.Record {
    fileprivate var json: JSONValue {
        var object = JSONObject([
            .init("schedule", .string(schedule)), .init("through", .string(through.text)),
            .init("settled", .array(settled.stretches.map { .array([.string($0.after.text), .string($0.through.text)]) })),
            .init("interruptions", .integer(Int64(interruptions))), .init("last_run", .integer(Int64(lastRun))),
        ])
        if let again { object.set("again", .string(again.text)) }
        if let lastSuccess {
            object.set(
                "last_success",
                .object(
                    JSONObject([
                        .init("place", .integer(Int64(lastSuccess.place))), .init("at", .string(lastSuccess.at.text)),
                    ])))
        }
        object.set("runs", .array(entries.map(\.json)))
        return .object(object)
    }

    fileprivate init(_ reader: LedgerReader) throws(JobLedgerError) {
        self.init(through: try reader.instant("through"))
        schedule = try reader.text("schedule")
        var stretches: [SettledTimes.Stretch] = []
        for pair in try reader.array("settled") {
            let ends = (pair.asArray ?? []).compactMap { $0.asString.flatMap { Instant(text: $0) } }
            guard ends.count == 2, pair.asArray?.count == 2 else { throw reader.error("settled", "\(pair.text) is no pair of instants") }
            stretches.append(SettledTimes.Stretch(after: ends[0], through: ends[1]))
        }
        settled = SettledTimes(stretches)
        interruptions = Int(try reader.integer("interruptions"))
        lastRun = Int(try reader.integer("last_run"))
        if reader.has("again") { again = try reader.instant("again") }
        if reader.has("last_success") {
            let success = try reader.member("last_success")
            lastSuccess = Success(place: Int(try success.integer("place")), at: try success.instant("at"))
        }
        for (index, value) in try reader.array("runs").enumerated() {
            entries.append(try JobLedger.Entry(LedgerReader(value: value, path: "\(reader.path).runs.\(index)")))
        }
    }
}

extension JobLedger.Entry {
    /// The run as JSON: number, due, trigger, attempt, started, message; ended, outcome and milliseconds where they are known.
    public var json: JSONValue {
        var object = JSONObject([
            .init("number", .integer(Int64(number))), .init("due", .string(due.text)), .init("trigger", .string(trigger.rawValue)),
            .init("attempt", .integer(Int64(attempt))), .init("started", .string(started.text)),
        ])
        if let ended { object.set("ended", .string(ended.text)) }
        if let duration { object.set("milliseconds", .integer(duration.milliseconds)) }
        if let outcome { object.set("outcome", .string(outcome.rawValue)) }
        object.set("message", .string(message))
        return .object(object)
    }

    fileprivate init(_ reader: LedgerReader) throws(JobLedgerError) {
        let (trigger, outcome) = (try reader.text("trigger"), reader.has("outcome") ? try reader.text("outcome") : nil)
        guard let knownTrigger = JobRun.Trigger(rawValue: trigger) else { throw reader.error("trigger", "'\(trigger)' is not known") }
        let knownOutcome = outcome.flatMap { JobOutcome(rawValue: $0) }
        if let outcome, knownOutcome == nil { throw reader.error("outcome", "'\(outcome)' is not known") }
        self.init(
            number: Int(try reader.integer("number")), due: try reader.instant("due"), trigger: knownTrigger,
            attempt: Int(try reader.integer("attempt")), started: try reader.instant("started"),
            ended: reader.has("ended") ? try reader.instant("ended") : nil, outcome: knownOutcome, message: try reader.text("message"))
    }
}

/// Takes members out of an object, or says which is not as it should be.
private struct LedgerReader {
    var value: JSONValue
    var path: String

    func has(_ name: String) -> Bool { value.asObject?[name] != nil }

    func member(_ name: String) throws(JobLedgerError) -> LedgerReader {
        guard let member = value.asObject?[name] else { throw error(name, "it is missing") }
        return LedgerReader(value: member, path: "\(path).\(name)")
    }
    func integer(_ name: String) throws(JobLedgerError) -> Int64 {
        // Counts go on from what is read: they must have room above.
        guard case .integer(let number) = try member(name).value, (0...1 << 53).contains(number) else {
            throw error(name, "it is no whole number from 0 to 2^53")
        }
        return number
    }
    func text(_ name: String) throws(JobLedgerError) -> String {
        guard let text = try member(name).value.asString else { throw error(name, "it is no text") }
        return text
    }
    func instant(_ name: String) throws(JobLedgerError) -> Instant {
        let text = try text(name)
        guard let instant = Instant(text: text) else { throw error(name, "'\(text)' is no instant") }
        return instant
    }
    func array(_ name: String) throws(JobLedgerError) -> [JSONValue] {
        guard let array = try member(name).value.asArray else { throw error(name, "it is no list") }
        return array
    }
    func object(_ name: String) throws(JobLedgerError) -> JSONObject {
        guard let object = try member(name).value.asObject else { throw error(name, "it is no object") }
        return object
    }
    func error(_ name: String, _ problem: String) -> JobLedgerError { JobLedgerError(at: "\(path).\(name)", problem) }
}
