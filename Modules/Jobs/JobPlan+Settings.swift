public import EventModel

extension JobPlan {
    /// Makes a plan of settings: an object with one member a job, as `Documentation/Jobs.md` describes it.
    ///
    /// - Parameter settings: What stands under `jobs:`; null is a plan of no jobs.
    /// - Parameter known: Names of the jobs there are; nil where any name will do.
    /// - Parameter zone: The time zone of cron schedules that name none.
    /// - Throws: `JobPlanError` with every fault, its paths beginning with `path`.
    public init(settings: JSONValue, at path: [String] = ["jobs"], known: [String]? = nil, zone: String = "UTC") throws(JobPlanError) {
        if settings == .null {
            self = try JobPlan([])
            return
        }
        guard let members = settings.asObject?.members else {
            throw JobPlanError([
                SettingsError(at: path, "this is no map of jobs", remedy: "Write the name of a job, and its settings below it.")
            ])
        }
        var faults: [SettingsError] = []
        var jobs: [Job] = []
        for member in members {
            let here = path + [member.name]
            if let known, !known.contains(where: { $0.sameScalars(as: member.name) }) {
                let near = nearMatch(to: member.name, among: known).map { " Did you mean '\($0)'?" } ?? ""
                let sorted = known.sorted { $0.precedesByScalars($1) }
                faults.append(
                    SettingsError(at: here, "there is no job '\(member.name)'", remedy: "Choose from \(listed(sorted)).\(near)"))
            }
            var reader = JobReader(member.name, member.value, at: here, zone: zone)
            let job = reader.job()
            faults += reader.faults
            // A job with a fault still exists, so that those that wait for it are not blamed.
            jobs.append(job ?? Job(member.name, .after([])))
        }
        let whole = Set(jobs.filter { $0.schedule != .after([]) }.map(\.name))
        faults += JobPlan.faults(of: jobs).compactMap { fault in
            if fault.path.count > 1, !whole.contains(fault.path[0]) { return nil }
            return SettingsError(at: path + fault.path, fault.problem, remedy: fault.remedy)
        }
        guard faults.isEmpty else { throw JobPlanError(faults) }
        self = try JobPlan(jobs)
    }
}

/// Reads the settings of one job and notes every fault.
private struct JobReader {
    static let keys = ["cron", "zone", "every", "anchor", "after", "catchUp", "catchUpLimit", "timeout"]
    static let catchUps = ["latest", "all", "none"]
    static let usualLimit = 100
    static let greatestLimit = 10_000

    let name: String
    let path: [String]
    let usualZone: String
    let settings: JSONValue
    var faults: [SettingsError] = []

    init(_ name: String, _ settings: JSONValue, at path: [String], zone: String) {
        (self.name, self.settings, self.path, usualZone) = (name, settings, path, zone)
    }

    /// nil where anything is wrong.
    mutating func job() -> Job? {
        guard let members = settings.asObject?.members else {
            refuse([], "this is no map of settings", "Write cron, every or after below the name of the job.")
            return nil
        }
        for member in members where !Self.keys.contains(where: { $0.sameScalars(as: member.name) }) {
            let near = nearMatch(to: member.name, among: Self.keys).map { " Did you mean '\($0)'?" } ?? ""
            refuse([member.name], "a job has no setting '\(member.name)'", "Choose from \(listed(Self.keys)).\(near)")
        }
        let schedule = schedule()
        let catchUp = catchUp()
        let timeout = duration("timeout") ?? Job.usualTimeout
        if timeout < .seconds(1) || timeout > .seconds(30 * 86_400) {
            refuse(["timeout"], "a run cannot take \(timeout.text)", "Write a duration from 1s to 30d.")
        }
        guard faults.isEmpty, let schedule else { return nil }
        return Job(name, schedule, catchUp: catchUp, timeout: timeout)
    }

    private mutating func schedule() -> Schedule? {
        let given = ["cron", "every", "after"].filter { has($0) }
        guard given.count == 1 else {
            let problem = given.isEmpty ? "nothing says when the job runs" : "the job has \(given.joined(separator: " and ")) at once"
            refuse([], problem, "Give it one of cron, every and after.")
            return nil
        }
        for (key, owner) in [("zone", "cron"), ("anchor", "every")] where has(key) && !has(owner) {
            refuse([key], "'\(key)' belongs to '\(owner)', which this job does not have", "Take it out.")
        }
        switch given[0] {
        case "cron":
            guard let expression = text("cron", "five fields in quotes, such as \"30 4 * * mon\"") else { return nil }
            let zone = has("zone") ? text("zone", "UTC or a name of the IANA database, such as Europe/Berlin") : usualZone
            guard let zone else { return nil }
            do throws(ScheduleError) {
                return .cron(try CronExpression(expression, zone: zone))
            } catch {
                let isZone = (try? LocalClock(zone)) == nil
                refuse([isZone && has("zone") ? "zone" : "cron"], error.problem, error.remedy)
                return nil
            }
        case "every":
            var anchor = Instant(milliseconds: 0)
            if has("anchor") {
                guard let text = text("anchor", "an instant, such as 2026-01-01T00:00:00Z") else { return nil }
                guard let instant = Instant(text: text) else {
                    refuse(["anchor"], "'\(text)' is no instant", "Write a day or an instant, such as 2026-01-01T06:00:00Z.")
                    return nil
                }
                anchor = instant
            }
            guard let period = duration("every") else { return nil }
            do throws(ScheduleError) {
                return .every(try Interval(every: period, anchor: anchor))
            } catch {
                refuse(["every"], error.problem, error.remedy)
                return nil
            }
        default: return names().map { .after($0) }
        }
    }

    /// One name, or several.
    private mutating func names() -> [String]? {
        let value = settings.asObject?["after"] ?? .null
        if let name = value.asString { return [name] }
        let names = value.asArray?.compactMap(\.asString) ?? []
        guard !names.isEmpty, names.count == value.asArray?.count else {
            refuse(["after"], "this names no job", "Write the name of a job, or a list of names.")
            return nil
        }
        return names
    }

    private mutating func catchUp() -> Job.CatchUp {
        var word = "latest"
        if has("catchUp") {
            guard let text = text("catchUp", listed(Self.catchUps)) else { return .latest }
            guard Self.catchUps.contains(where: { $0.sameScalars(as: text) }) else {
                let near = nearMatch(to: text, among: Self.catchUps).map { " Did you mean '\($0)'?" } ?? ""
                refuse(["catchUp"], "'\(text)' is no way to catch up", "Choose from \(listed(Self.catchUps)).\(near)")
                return .latest
            }
            word = text
        }
        guard let value = settings.asObject?["catchUpLimit"] else {
            return word == "all" ? .all(atMost: Self.usualLimit) : word == "none" ? .none : .latest
        }
        guard word == "all" else {
            refuse(["catchUpLimit"], "'catchUpLimit' belongs to 'catchUp: all'", "Take it out, or catch up with all.")
            return .latest
        }
        guard case .integer(let limit) = value, (1...Int64(Self.greatestLimit)).contains(limit) else {
            refuse(["catchUpLimit"], "\(value.text) is no number of runs", "Write a whole number from 1 to \(Self.greatestLimit).")
            return .latest
        }
        return .all(atMost: Int(limit))
    }

    private func has(_ key: String) -> Bool { settings.asObject?[key] != nil }

    private mutating func text(_ key: String, _ wanted: String) -> String? {
        if let text = settings.asObject?[key]?.asString { return text }
        refuse([key], "\((settings.asObject?[key] ?? .null).text) is no text", "Write \(wanted).")
        return nil
    }

    /// nil where the key is absent, or where its text is none, which is noted.
    private mutating func duration(_ key: String) -> Duration? {
        guard has(key), let text = text(key, "a whole number and a unit, such as 15m") else { return nil }
        if let duration = Duration(text: text) { return duration }
        refuse([key], "'\(text)' is no duration", "Write a whole number and a unit (s, m, h, d or w), such as 15m.")
        return nil
    }

    private mutating func refuse(_ place: [String], _ problem: String, _ remedy: String) {
        faults.append(SettingsError(at: path + place, problem, remedy: remedy))
    }
}
