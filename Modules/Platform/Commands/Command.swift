public import EventModel

/// One command of the shell, understood but not yet run.
public indirect enum Command: Sendable, Equatable {
    case count(expression: String)
    case members(expression: String, limit: Int?)
    case segments
    case showSegment(String)
    case saveSegment(String, expression: String)
    case dropSegment(String)
    case overlap([String])
    case plan
    case apply
    case lint
    case taxonomy(String?)
    case profile(ProfileReference)
    case timeline(ProfileReference, limit: Int?)
    case events(String?)
    case traits
    case features
    case saveFeature(String, value: String)
    case dropFeature(String)
    case rfm(RFMRequest)
    case cluster(ClusterRequest)
    case elbow(ClusterRequest)
    case silhouette(ClusterRequest)
    case components(ClusterRequest)
    case plot(Command, file: String?)
    case report(ReportRequest)
    case source(String)
    case setFormat(OutputFormat)
    case setNow(NowSetting)
    case help(String?)
    case quit
}

/// What `set now` may say.
public enum NowSetting: Sendable, Equatable {
    /// The wall clock, read for each command.
    case clock
    /// The event time of the latest message that is stored.
    case last
    case instant(Instant)
}

/// One profile, as a person names it: `user_id:U`, `anonymous_id:A`, `email:E`, or a bare user id.
public struct ProfileReference: Sendable, Equatable {
    /// The word before the colon; nil for a bare id.
    public var namespace: String?
    public var id: String

    /// A profile by one of its identifiers.
    public init(namespace: String? = nil, id: String) { (self.namespace, self.id) = (namespace, id) }

    /// Reads `namespace:id`; what stands before a colon counts as a namespace only when it is one.
    public init(_ text: String) {
        for name in Self.namespaces where text.hasPrefix(name + ":") {
            self.init(namespace: name, id: String(text.dropFirst(name.count + 1)))
            return
        }
        self.init(id: text)
    }

    /// The words that may stand before the colon.
    public static let namespaces = ["user_id", "anonymous_id", "email"]
}

/// What `rfm` is asked.
public struct RFMRequest: Sendable, Equatable {
    /// The event that is an order.
    public var event = "Order Completed"
    /// The property that is its money.
    public var revenue = ["revenue"]
    /// The property that tells orders apart; nil: every event is one.
    public var order: [String]?
    /// The event that takes money back.
    public var refunds: String?
    /// How many scores.
    public var scores = 5
    public var filter: String?

    /// The request of a bare `rfm`.
    public init() {}
}

/// What `cluster` and its relatives are asked.
public struct ClusterRequest: Sendable, Equatable {
    /// How many clusters.
    public enum Count: Sendable, Equatable {
        /// Tries several and takes the best silhouette.
        case auto
        case fixed(Int)
    }
    /// How features are brought to one scale.
    public enum Scale: String, Sendable, CaseIterable { case zscore, minmax }
    /// What happens to profiles with missing values.
    public enum Missing: String, Sendable, CaseIterable { case drop, median }

    /// Values of the segment language, or names of saved features.
    public var features: [String] = []
    public var filter: String?
    public var count = Count.auto
    public var scale = Scale.zscore
    public var missing = Missing.drop
    public var seed: UInt64 = 1
    public var saveAs: String?
    /// Whether every profile is listed with its cluster and its values.
    public var listsMembers = false

    /// A request without features.
    public init() {}
}

/// What the page is made of.
public struct ReportRequest: Sendable, Equatable {
    public var file: String
    public var title: String?
    /// A file that holds what `tessera-archive import` printed.
    public var importResult: String?
    /// nil: as much of it as the data allow, by rules the page states.
    public var rfm: RFMRequest?
    public var cluster: ClusterRequest?

    /// A page written to `file`.
    public init(file: String) { self.file = file }
}
