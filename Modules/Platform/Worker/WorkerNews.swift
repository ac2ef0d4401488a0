import Service
import Synchronization

/// What the worker's thread tells the rest: counts, sentences, and that its state is to be made anew.
final class WorkerNews: Sendable {
    private struct Counts {
        var accepted = 0
        var duplicates = 0
        var quarantined = 0
        var groups = 0
        /// Milliseconds that the last group took from the disk to the memberships.
        var lag: Int64 = 0
        var wantsReload = false
        var peopleChanges = 0
    }
    private let counts = Mutex(Counts())
    private let report: @Sendable (String) -> Void

    /// - Parameter report: Takes sentences for the log; they hold no personal data.
    init(report: @escaping @Sendable (String) -> Void) { self.report = report }

    func say(_ sentence: String) { report(sentence) }

    func count(_ receipt: CollectReceipt) {
        counts.withLock { counts in
            counts.accepted += receipt.accepted
            counts.duplicates += receipt.duplicates
            counts.quarantined += receipt.quarantined
        }
    }

    func noticeLag(_ milliseconds: Int64) {
        counts.withLock { counts in
            counts.groups += 1
            counts.lag = milliseconds
        }
    }

    func requestReload() { counts.withLock { $0.wantsReload = true } }

    /// Whether a reload was requested since the last call.
    func takeReload() -> Bool {
        counts.withLock { counts in
            defer { counts.wantsReload = false }
            return counts.wantsReload
        }
    }

    func noticePeople() { counts.withLock { $0.peopleChanges += 1 } }

    /// How often people became one, or were parted, since the worker began.
    var peopleChanges: Int { counts.withLock { $0.peopleChanges } }

    var figures: [ServiceFigure] {
        let now = counts.withLock { $0 }
        return [
            ServiceFigure(
                "tessera_messages_accepted_total", .counter, help: "Messages that were new and are on disk.", value: Double(now.accepted)),
            ServiceFigure(
                "tessera_messages_duplicate_total", .counter, help: "Messages whose id was there already.", value: Double(now.duplicates)),
            ServiceFigure(
                "tessera_messages_quarantined_total", .counter, help: "Messages that were refused and kept with the reason.",
                value: Double(now.quarantined)),
            ServiceFigure(
                "tessera_disk_syncs_total", .counter, help: "Groups of messages that shared a disk sync.", value: Double(now.groups)),
            ServiceFigure(
                "tessera_membership_lag_seconds", .gauge, help: "From the disk to the memberships, for the last group.",
                value: Double(now.lag) / 1_000),
        ]
    }
}
