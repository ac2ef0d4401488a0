import EventModel

extension JobPlan {
    /// What is wrong with the names and dependencies of jobs, in their order.
    static func faults(of jobs: [Job]) -> [SettingsError] {
        var faults: [SettingsError] = []
        var needs: [String: [String]] = [:]
        for job in jobs {
            if !isName(job.name) {
                faults.append(
                    SettingsError(
                        at: [job.name], "'\(job.name)' is no name for a job",
                        remedy: "Use 1 to 64 letters (a to z), digits, hyphens and underscores."))
            }
            if needs.updateValue([], forKey: job.name) != nil {
                faults.append(SettingsError(at: [job.name], "two jobs are called '\(job.name)'", remedy: "Rename one of them."))
            }
        }
        for job in jobs {
            guard case .after(let names) = job.schedule else { continue }
            if names.isEmpty {
                faults.append(
                    SettingsError(at: [job.name, "after"], "no job is named", remedy: "Name one at least, or give cron or every."))
            }
            for name in names where needs[name] == nil {
                let near = nearMatch(to: name, among: needs.keys).map { " Did you mean '\($0)'?" } ?? ""
                faults.append(
                    SettingsError(
                        at: [job.name, "after"], "there is no job '\(name)' to wait for", remedy: "Name a job that stands beside it.\(near)"
                    ))
            }
            needs[job.name] = names.filter { needs[$0] != nil }
        }
        if let circle = circle(in: needs) {
            faults.append(
                SettingsError(
                    at: [circle[0], "after"], "jobs wait for each other in a circle: \(circle.joined(separator: " waits for "))",
                    remedy: "Take one of these dependencies out, so that one job begins by itself."))
        }
        return faults
    }

    private static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45 || byte == 95
            }
    }

    /// A circle of dependencies, its first name repeated at its end; nil where there is none. The first by scalars.
    private static func circle(in needs: [String: [String]]) -> [String]? {
        var finished: Set<String> = []
        for start in needs.keys.sorted(by: { $0.precedesByScalars($1) }) where !finished.contains(start) {
            // Depth first, with a path of its own so that a long chain is no deep recursion.
            var path = [start]
            var waiting = [needs[start, default: []][...]]
            while let last = path.last {
                guard let next = waiting[waiting.count - 1].popFirst() else {
                    finished.insert(last)
                    path.removeLast()
                    waiting.removeLast()
                    continue
                }
                if let place = path.firstIndex(of: next) { return path[place...] + [next] }
                if finished.contains(next) { continue }
                path.append(next)
                waiting.append(needs[next, default: []][...])
            }
        }
        return nil
    }
}
