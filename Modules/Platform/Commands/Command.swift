public import EventModel
import Storage

/// One command of the shell, understood but not yet run.
public indirect enum Command: Sendable, Equatable {
    /// `count EXPRESSION`: how many profiles it holds for.
    case count(expression: String)
    /// `waterfall EXPRESSION`: how many profiles each of its clauses leaves.
    case waterfall(expression: String)
    /// `explain EXPRESSION for PROFILE`: why somebody is a member, or is not.
    case explain(expression: String, ProfileReference)
    /// `explain EXPRESSION`: how it is answered, by an index or a scan.
    case queryPlan(expression: String)
    /// `index add trait.NAME`: makes an index of a trait; its path below `traits`.
    case addIndex([String])
    /// `index drop trait.NAME`: takes it away.
    case dropIndex([String])
    /// `index list`: which there are.
    case indexes
    /// `history ...`: what was recorded of a segment or a person, or how a trait changed.
    case history(HistorySubject)
    /// `recorded SEGMENT [at INSTANT] [limit N]`: who was answered then; nil: the latest record, all of them.
    case recorded(String, at: Instant?, limit: Int?)
    /// `record [A, B, ...]`: asks saved segments at the wall clock and records who entered and exited; none named: all of them.
    case record([String])
    /// `diff NAME = EXPRESSION`: what saving it would change.
    case diff(String, expression: String)
    /// `members EXPRESSION [limit N]`: their ids; nil: all of them.
    case members(expression: String, limit: Int?)
    /// `segments`: every segment with its size.
    case segments
    /// `segment NAME`: one segment with its size.
    case showSegment(String)
    /// `segment NAME = EXPRESSION`: saves a segment in the store, or replaces it.
    case saveSegment(String, expression: String)
    /// `drop segment NAME`: removes a segment from the store.
    case dropSegment(String)
    /// `overlap [A, B, ...]`: how many profiles these segments share; none named: all of them.
    case overlap([String])
    /// `plan`: what the workspace would change in the store.
    case plan
    /// `apply`: makes the store's definitions those of the workspace.
    case apply
    /// `lint`: what makes the workspace's segments hard to use.
    case lint
    /// `taxonomy [NAME]`: the sizes of an exclusive set of segments; nil: of every set.
    case taxonomy(String?)
    /// `profile PROFILE`: one person's identifiers, traits and segments.
    case profile(ProfileReference)
    /// `timeline PROFILE [limit N]`: a person's messages; a limit keeps the latest.
    case timeline(ProfileReference, limit: Int?)
    /// `merges [for PROFILE] [limit N]`: the log of people; a limit keeps the latest.
    case merges(ProfileReference?, limit: Int?)
    /// `merges refused [limit N]`: links that join nobody; a limit keeps the latest.
    case refusedMerges(limit: Int?)
    /// `unmerge PROFILE [from PROFILE] [because "REASON"]`: parts an identifier from another; nil: from everybody.
    case unmerge(ProfileReference, from: ProfileReference?, reason: String)
    /// `rejoin N [because "REASON"]`: takes an unmerge back.
    case rejoin(Int, reason: String)
    /// `events`: every event name with its count; `events NAME`: the properties of one.
    case events(String?)
    /// `audit data [EVENT]`: what is stored, field by field; nil: of everything.
    case auditData(String?)
    /// `audit sources`: where messages come from and how lately.
    case auditSources
    /// `traits`: every trait with how many profiles have it.
    case traits
    /// `features`: every computed trait that is saved.
    case features
    /// `feature NAME = VALUE`: saves a computed trait in the store, or replaces it.
    case saveFeature(String, value: String)
    /// `drop feature NAME`: removes a computed trait from the store.
    case dropFeature(String)
    /// `offers`: every offer that is saved.
    case offers
    /// `offer KEY`: one offer; `offer KEY for PROFILE`: what it gives somebody, and why.
    case showOffer(String, ProfileReference?)
    /// `drop offer KEY`: removes an offer from the store.
    case dropOffer(String)
    /// `drop source NAME`: removes what a source has agreed to from the store.
    case dropSource(String)
    /// `rfm ...`: recency, frequency and monetary value of each buyer.
    case rfm(RFMRequest)
    /// `cluster kmeans on ...`: groups of profiles that are alike.
    case cluster(ClusterRequest)
    /// `elbow on ...`: inertia by number of clusters.
    case elbow(ClusterRequest)
    /// `silhouette on ...`: mean silhouette by number of clusters.
    case silhouette(ClusterRequest)
    /// `pca on ...`: principal components of features.
    case components(ClusterRequest)
    /// `plot COMMAND [to FILE.svg]`: the picture of another command's answer; nil: drawn with characters.
    case plot(Command, file: String?)
    /// `report to FILE.html ...`: one page about everything.
    case report(ReportRequest)
    /// `sql SELECT ...`: one statement over read-only tables, as it was typed.
    case sql(String)
    /// `source FILE`: runs the commands of a file, which is the caller's work.
    case source(String)
    /// `set format FORMAT`, which `Session.apply` carries out.
    case setFormat(OutputFormat)
    /// `set now ...`, which `Session.apply` carries out.
    case setNow(NowSetting)
    /// `set cache on|off`, which `Session.apply` carries out.
    case setCache(Bool)
    /// `set preview on|off`, which `Session.apply` carries out.
    case setPreview(Bool)
    /// `help`: the list of commands; `help COMMAND`: one of them with an example.
    case help(String?)
    /// `quit` or `exit`, which is the caller's work.
    case quit
}

/// Whose history is asked.
public enum HistorySubject: Sendable, Equatable {
    /// The recorded changes of a segment.
    case segment(String)
    /// What was recorded of one person.
    case person(ProfileReference)
    /// What was recorded of one person in one segment.
    case personInSegment(ProfileReference, String)
    /// The values that a trait of a person had.
    case trait([String], ProfileReference)
}

/// What `set now` may say.
public enum NowSetting: Sendable, Equatable {
    /// The wall clock, read for each command.
    case clock
    /// The event time of the latest message that is stored.
    case last
    /// This instant, until another is set.
    case instant(Instant)
}

/// One profile, as a person names it: `user_id:U`, `anonymous_id:A`, `email:E`, `phone:N`, or a bare user id.
public struct ProfileReference: Sendable, Equatable {
    /// The word before the colon; nil for a bare id.
    public var namespace: String?
    /// The id itself, as messages carry it.
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
    public static let namespaces = IdentifierKind.allCases.map(\.word)
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
    /// Only buyers that an expression holds for; nil: all.
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
        /// So many; with fewer rows clustering fails.
        case fixed(Int)
    }
    /// How features are brought to one scale.
    public enum Scale: String, Sendable, CaseIterable { case zscore, minmax }
    /// What happens to profiles with missing values.
    public enum Missing: String, Sendable, CaseIterable { case drop, median }

    /// Values of the segment language, or names of saved features.
    public var features: [String] = []
    /// Only profiles that an expression holds for; nil: all.
    public var filter: String?
    /// How many clusters to make.
    public var count = Count.auto
    /// How features are brought to one scale.
    public var scale = Scale.zscore
    /// What happens to profiles that lack a feature.
    public var missing = Missing.drop
    /// The source of random choices: the same seed and data give the same clusters.
    public var seed: UInt64 = 1
    /// The name to save the model under; its segments are then `NAME-1`, `NAME-2` and so on. nil: nothing is saved.
    public var saveAs: String?
    /// Whether every profile is listed with its cluster and its values.
    public var listsMembers = false

    /// A request without features.
    public init() {}
}

/// What the page is made of.
public struct ReportRequest: Sendable, Equatable {
    /// The HTML file to write.
    public var file: String
    /// The page's heading; nil: one made of the store's file name.
    public var title: String?
    /// A file that holds what `tessera-archive import` printed.
    public var importResult: String?
    /// nil: as much of it as the data allow, by rules the page states.
    public var rfm: RFMRequest?
    /// The micro-segments of the page, which saves none (`saveAs` is refused); nil: of what buyers did, else of how lately and how often
    /// people did anything, where there are ten profiles or more.
    public var cluster: ClusterRequest?

    /// A page written to `file`.
    public init(file: String) { self.file = file }
}
