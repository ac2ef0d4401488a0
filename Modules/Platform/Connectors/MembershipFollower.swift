import Service

/// Hands out changes of membership behind a place, one by one, and knows the place behind each.
struct MembershipFollower {
    private let source: RecordedChanges
    private var waiting: ArraySlice<MembershipNotice> = []
    private var isOver = false
    /// Changes of the first record that were handed out before it began.
    private var known: Int
    /// The record to go on with.
    private(set) var record: Int64
    /// How many of its changes were handed out.
    private(set) var changes: Int

    /// - Parameter source: Changes from the place's record on.
    init(at place: DeliveryPlace, _ source: RecordedChanges) {
        self.source = source
        (record, changes, known) = (place.record, place.changes, place.changes)
    }

    /// Whether it goes on at a place.
    func isAt(_ place: DeliveryPlace) -> Bool { !isOver && record == place.record && changes == place.changes }

    /// Takes back what it handed out behind a place: it comes next, again.
    mutating func takeBack(_ notices: some Sequence<MembershipNotice>, behind record: Int64, _ changes: Int) {
        waiting = notices + waiting
        (self.record, self.changes, known) = (record, changes, 0)
    }

    /// The next change that has come; nil where none has.
    mutating func next() -> MembershipNotice? {
        while true {
            if waiting.isEmpty {
                guard let news = source.take() else {
                    isOver = true
                    return nil
                }
                waiting = news[...]
            }
            guard let notice = waiting.popFirst() else { return nil }
            if notice.number == record, known > 0 {
                known -= 1
                continue
            }
            (record, changes) = notice.number == record ? (record, changes + 1) : (notice.number, 1)
            known = 0
            return notice
        }
    }
}
