import BuiltIn
import Platform
import Storage

/// Which messages of a run are in the store.
struct StoredCheck {
    /// Messages of the run that are there, each counted once.
    var distinct = 0
    /// Times that a message is there again.
    var doubled = 0
    /// Acknowledged and not there.
    var lost = 0
    /// There, though no batch with them was sent.
    var foreign = 0

    /// Reads the id of every message in the store; a worker may have it open.
    ///
    /// - Parameter fates: What became of each batch of the run.
    init(store path: String, plan: LoadPlan, ids: RunIDs, fates: [Generator.Fate]) throws(CommandError) {
        let store = try Tessera(path: path, plugins: .builtIn).store()
        do {
            let snapshot = try store.snapshot()
            var isThere = [Bool](repeating: false, count: plan.batches * plan.batch)
            for block in snapshot.blocks where block.rows > 0 {
                for id in try snapshot.messageIDs(block) {
                    guard let number = ids.number(of: id) else { continue }
                    guard isThere.indices.contains(number), fates[number / plan.batch] != .unsent else {
                        foreign += 1
                        continue
                    }
                    if isThere[number] { doubled += 1 } else { distinct += 1 }
                    isThere[number] = true
                }
            }
            for (batch, fate) in fates.enumerated() where fate == .acknowledged {
                for number in batch * plan.batch..<(batch + 1) * plan.batch where !isThere[number] { lost += 1 }
            }
        } catch { throw CommandError(.failed, "\(path) cannot be read: \(error)") }
    }
}

/// The worker's own counts, as `/metrics` tells them.
struct WorkerCounts: Sendable {
    var accepted = 0
    var duplicates = 0
    var quarantined = 0

    init(metrics: String) {
        for line in metrics.split(separator: "\n") {
            let parts = line.split(separator: " ")
            guard parts.count == 2, let value = Int(parts[1]) else { continue }
            switch parts[0] {
            case "tessera_messages_accepted_total": accepted = value
            case "tessera_messages_duplicate_total": duplicates = value
            case "tessera_messages_quarantined_total": quarantined = value
            default: break
            }
        }
    }

    static func - (after: WorkerCounts, before: WorkerCounts) -> WorkerCounts {
        var counts = after
        counts.accepted -= before.accepted
        counts.duplicates -= before.duplicates
        counts.quarantined -= before.quarantined
        return counts
    }
}
