import EventModel
import Rules
import Storage

/// Questions to the whole population at once.
extension Question {
    /// Who an expression holds for.
    func members(of rule: Rule) throws(CommandError) -> Membership {
        let timelines = try timelines()
        let reference = Reference(rule, now: now, population: timelines)
        var words = ContiguousArray<UInt64>(repeating: 0, count: (timelines.count + 63) / 64)
        for (p, t) in timelines.enumerated() where reference.isMember(t) { words[p / 64] |= 1 << UInt64(p % 64) }
        return Membership(words: words, population: timelines.count)
    }

    /// The value for each profile, by profile number.
    func values(of formula: Formula) throws(CommandError) -> [Value] {
        let timelines = try timelines()
        let reference = Reference(formula, now: now, population: timelines)
        return timelines.map { reference.value($0) }
    }

    private func timelines() throws(CommandError) -> [Timeline] {
        try attempt {
            var all = [[Message]](repeating: [], count: snapshot.profileCount)
            for block in snapshot.blocks {
                let columns = try snapshot.read(block, paths: [])
                let messages = try snapshot.messages(block, rows: Array(0..<block.rows))
                for (row, message) in messages.enumerated() {
                    all[Int(snapshot.profileOfIdentifier[Int(columns.ordinals[row])])].append(message)
                }
            }
            return all.map { Timeline($0) }
        }
    }
}
