public import Connectors
public import EventModel
import Service
import Storage

/// What a destination's other side has of memberships, held against what was recorded here.
///
/// Only what was delivered counts: who is named by a change that is still on its way is not judged.
public struct Reconciliation: Sendable, Hashable {
    /// One segment's part.
    public struct Segment: Sendable, Hashable {
        /// Its name.
        public var name: String
        /// Members here, as far as they were delivered; those who are not judged aside.
        public var here = 0
        /// Members there, likewise.
        public var there = 0
        /// Ids of those who should be there and are not, by scalars.
        public var missing: [String] = []
        /// Ids of those who are there and should not be, by scalars: also ids that somebody bore before a merge.
        public var surplus: [String] = []
        /// People whom changes name that are still on their way.
        public var waiting = 0
        /// The highest version that arrived there; nil: none.
        public var version: Int64?
    }
    /// Number of the record of membership that everything is delivered up to.
    public var delivered: Int64
    /// Number of the last record.
    public var recorded: Int64
    /// By name; nil where the destination cannot say who is there.
    public var segments: [Segment]?

    /// Whether somebody is missing or too many.
    public var hasDrift: Bool { segments?.contains { !$0.missing.isEmpty || !$0.surplus.isEmpty } ?? false }

    /// Compares the two sides.
    ///
    /// - Throws: A sentence where nothing can be compared yet, or one side cannot be read.
    public init(of entry: ConnectorPlan.Entry, in folder: ConnectorFolder, _ tessera: Tessera) async throws {
        guard case .destination(let destination, let plan) = entry.work, plan.kinds.contains(.membership) else {
            throw CommandError(
                .usage, "`\(entry.name)` is given no memberships. Write `deliver: [memberships]`, or name another connector.")
        }
        guard let checkpoint = try await folder.deliveryState(of: entry.name)?.place else {
            throw CommandError(.data, "`\(entry.name)` was never delivered to. Start the worker with it, and ask again.")
        }
        let place = try DeliveryPlace(checkpoint, of: entry.name)
        if place.full != nil {
            throw CommandError(.data, "The members are still being delivered to `\(entry.name)` for the first time. Ask again later.")
        }
        // The other side first: what arrives there meanwhile is a change on its way by what is read here.
        let audiences = try await (destination as? any AudienceReporting)?.audiences()
        let snapshot = try tessera.store().snapshot()
        let notices = try snapshot.notices(after: 0)
        delivered = place.lastRecord
        recorded = notices.last?.number ?? 0
        segments = try audiences.map { audiences in
            try Self.compare(notices, at: place, with: audiences.filter { plan.takes(segment: $0.segment) }, plan, snapshot)
        }
    }

    private static func compare(
        _ notices: [MembershipNotice], at place: DeliveryPlace, with audiences: [Audience], _ plan: DeliveryPlan,
        _ snapshot: any StoreSnapshot
    ) throws -> [Segment] {
        var names: [[UInt8]: String] = [:]
        var (here, waiting): ([[UInt8]: Set<[UInt8]>], [[UInt8]: Set<[UInt8]>]) = ([:], [:])
        var ofRecord = 0
        for notice in notices where notice.number <= place.record || plan.takes(segment: notice.segment) {
            let (segment, profile) = (Array(notice.segment.utf8), Array(notice.profile.utf8))
            if notice.number == place.record { ofRecord += 1 }
            guard plan.takes(segment: notice.segment) else { continue }
            names[segment] = notice.segment
            if notice.number < place.record || (notice.number == place.record && ofRecord <= place.changes) {
                if notice.entered { here[segment, default: []].insert(profile) } else { here[segment, default: []].remove(profile) }
            } else {
                waiting[segment, default: []].insert(profile)
            }
        }
        for audience in audiences { names[Array(audience.segment.utf8)] = audience.segment }
        let ids = try snapshot.canonicalIDs()
        return try names.sorted { $0.value.precedesByScalars($1.value) }.map { segment, name in
            let audience = audiences.first { $0.segment.sameScalars(as: name) }
            let unjudged = waiting[segment] ?? []
            var told = Segment(name: name, waiting: unjudged.count, version: audience?.version)
            let wanted = (here[segment] ?? []).subtracting(unjudged)
            var found: Set<[UInt8]> = []
            for id in audience?.members ?? [] {
                let bytes = Array(id.utf8)
                if unjudged.contains(try snapshot.person(called: id).map { Array(ids[$0].utf8) } ?? bytes) { continue }
                told.there += 1
                if wanted.contains(bytes) { found.insert(bytes) } else { told.surplus.append(id) }
            }
            told.here = wanted.count
            told.missing = wanted.subtracting(found).map { String(decoding: $0, as: UTF8.self) }.sorted { $0.precedesByScalars($1) }
            told.surplus.sort { $0.precedesByScalars($1) }
            return told
        }
    }

    /// As commands print it.
    ///
    /// - Parameter showsIDs: Whether ids are named, or counted only.
    public func told(of connector: String, showsIDs: Bool) -> JSONObject {
        var object = JSONObject([
            .init("connector", .string(connector)), .init("delivered", .integer(delivered)), .init("recorded", .integer(recorded)),
        ])
        func people(_ ids: [String]) -> JSONValue { showsIDs ? .array(ids.map { .string($0) }) : .integer(Int64(ids.count)) }
        object.set("drift", segments == nil ? .null : .bool(hasDrift))
        if let segments {
            object.set(
                "segments",
                .array(
                    segments.map { segment in
                        .object(
                            JSONObject([
                                .init("segment", .string(segment.name)), .init("here", .integer(Int64(segment.here))),
                                .init("there", .integer(Int64(segment.there))), .init("missing", people(segment.missing)),
                                .init("surplus", people(segment.surplus)), .init("waiting", .integer(Int64(segment.waiting))),
                                .init("version", segment.version.map { .integer($0) } ?? .null),
                            ]))
                    }))
        }
        return object
    }

    /// Memberships that put the other side right, to be delivered like dead letters.
    ///
    /// - Parameter entry: Whom this was made of: it may want traits beside them.
    /// - Parameter now: Part of their keys: they are records of their own.
    public func corrections(for entry: ConnectorPlan.Entry, in tessera: Tessera, now: Instant) throws(CommandError) -> [DeadLetter] {
        let notices = (segments ?? []).flatMap { segment in
            [(segment.surplus, false), (segment.missing, true)].flatMap { ids, entered in
                ids.map { id in
                    MembershipNotice(number: delivered, profile: id, segment: segment.name, entered: entered, at: now, cause: "reconcile")
                }
            }
        }
        var traits: [JSONObject]?
        if case .destination(_, let plan) = entry.work, let names = plan.traits, !notices.isEmpty {
            traits = try Worker.question(tessera, nil, now).traits(names, of: notices.map(\.profile))
        }
        return notices.enumerated().map { index, notice in
            DeadLetter(
                kind: .membership, key: notice.deliveryKey + "/\(now.milliseconds)", profile: notice.profile,
                json: notice.deliveryJSON(traits?[index]).text, reason: "A reconciliation found it missing or too many.")
        }
    }
}

extension StoreSnapshot {
    /// Number of the profile that an id names, now.
    func person(called id: String) throws -> Int? {
        let ordinal = try ordinal(of: id, kind: .user) ?? ordinal(of: id, kind: .anonymous)
        return ordinal.map { profileOfIdentifier[$0] }.flatMap { $0 == IdentifierKind.nobody ? nil : Int($0) }
    }
}
