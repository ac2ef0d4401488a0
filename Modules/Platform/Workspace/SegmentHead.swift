import Statistics

/// What the comments at the top of a segment's file set.
struct SegmentHead: Sendable, Equatable {
    /// The settings there are.
    enum Setting: String, CaseIterable {
        case title, note, needs, adapt, channel, active, taxonomy, order, allow, test
    }

    /// A finding of lint that somebody has decided to live with.
    struct Allowance: Sendable, Equatable {
        enum Subject: Sendable, Equatable {
            case overlap(with: String)
            case tooManySegments
            case small
        }
        var subject: Subject
        var reason: String
    }

    /// The name that people see.
    var title: String?
    /// What the segment means.
    var note: String?
    /// Events and traits that it expects, for those who take it over.
    var needs: String?
    /// What to change for another shop.
    var adapt: String?
    /// Where messages to it go.
    var channels: [String] = []
    /// Whether it counts on its channels.
    var isActive = true
    /// The exclusive set it belongs to, and its place there.
    var taxonomy: String?
    var order: Int?
    var allowances: [Allowance] = []
    /// The experiment it must be large enough for.
    var test: ProportionTest?

    /// The reason for which a finding is let pass; nil where there is none.
    func reason(for subject: Allowance.Subject) -> String? { allowances.first { $0.subject == subject }?.reason }
}
