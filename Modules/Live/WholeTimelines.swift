import EventModel
import Rules

/// Whole messages of profiles, as far as some segments read them: for segments whose conditions cannot be judged when an event arrives.
struct WholeTimelines {
    private let reads: TimelineReads
    private let segments: [(index: Int, reads: TimelineReads)]
    private let segmentsByName: [String: [Int]]
    private var timelines: [UInt32: ProfileTimeline] = [:]
    /// Messages on their way into timelines, which are indexed once for each profile: they come by name rather than by time.
    private var loaded: [UInt32: [Message]] = [:]

    init(_ segments: [LiveSegment]) {
        var reads = TimelineReads()
        var byName: [String: [Int]] = [:]
        for (index, segment) in segments.enumerated() where segment.evaluator != nil {
            reads.formUnion(segment.reads)
            for name in segment.reads.eventNames { byName[name, default: []].append(index) }
        }
        (self.reads, segmentsByName) = (reads, byName)
        self.segments = segments.indices.filter { segments[$0].evaluator != nil }.map { ($0, segments[$0].reads) }
    }

    var isEmpty: Bool { segments.isEmpty }

    /// Whether messages of a kind (and event name; nil: of several) can matter.
    func needs(_ kind: Message.Kind, event: String?) -> Bool { !isEmpty && reads.needs(kind, event: event) }

    /// The messages of a profile.
    subscript(profile: UInt32) -> ProfileTimeline { timelines[profile] ?? ProfileTimeline([]) }

    mutating func load(_ message: Message, of profile: UInt32) {
        if let trimmed = reads.trimmed(message) { loaded[profile, default: []].append(trimmed) }
    }

    mutating func indexLoaded() {
        for (profile, messages) in loaded { timelines[profile] = ProfileTimeline(messages) }
        loaded = [:]
    }

    /// Takes a message, and gives each segment that may answer differently now.
    mutating func receive(_ message: Message, of profile: UInt32, touched: (Int) -> Void) {
        guard let trimmed = reads.trimmed(message) else { return }
        timelines[profile, default: ProfileTimeline([])].add(trimmed)
        if message.kind == .track, let event = message.event { for segment in segmentsByName[event] ?? [] { touched(segment) } }
        for (segment, reads) in segments where reads.reads(besidesItsName: message) { touched(segment) }
    }

    mutating func merge(_ old: UInt32, into profile: UInt32) {
        guard let gone = timelines.removeValue(forKey: old) else { return }
        timelines[profile] = ProfileTimeline((timelines[profile]?.messages ?? []) + gone.messages)
    }
}
