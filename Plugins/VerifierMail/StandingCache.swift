/// What is known of domains: the latest so many that were asked about.
///
/// Two halves: what is asked for moves into the young one, and when that is full the old one is forgotten.
struct StandingCache {
    /// What was learnt of a domain, and when.
    struct Entry {
        var standing: MailStanding
        var learnt: ContinuousClock.Instant
    }
    private var young: [String: Entry] = [:]
    private var old: [String: Entry] = [:]
    private let half: Int

    /// - Parameter entries: How many it holds at most; at least 2.
    init(entries: Int) { half = max(1, entries / 2) }

    /// How many there are.
    var count: Int { young.count + old.count }

    mutating func entry(_ domain: String) -> Entry? {
        if let entry = young[domain] { return entry }
        guard let entry = old.removeValue(forKey: domain) else { return nil }
        set(domain, entry)
        return entry
    }

    mutating func set(_ domain: String, _ entry: Entry) {
        if young.count >= half, young[domain] == nil {
            old = young
            young = [:]
        }
        old[domain] = nil
        young[domain] = entry
    }
}
