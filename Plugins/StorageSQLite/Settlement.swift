import EventModel
import Identity
import Storage

/// Goes through decoded messages in order: drops those whose ids are there already, names owners, links identifiers.
struct Settlement: ~Copyable {
    /// The store's secret for hashing.
    let key: (UInt64, UInt64)
    let fingerprint: Fingerprint
    /// Everyone known, uncommitted ones included.
    var graph: IdentityGraph
    /// What the batches were decoded with.
    private let dictionaries: StoreDictionaries
    private var linkingTraits: LinkingTraits
    /// Ids of the messages that wait for their commit.
    private var pendingKeys: PendingKeys
    /// Fingerprints of the same.
    private(set) var fingerprints: [UInt64] = []
    /// Those of them whose blocks are being made beside later messages.
    private var sealingKeys: PendingKeys
    private(set) var sealingFingerprints: [UInt64] = []
    /// What the log of people does not hold yet; numbered by the one who saves it.
    private(set) var records: [PeopleRecord] = []

    init(key: (UInt64, UInt64), graph: consuming IdentityGraph, dictionaries: StoreDictionaries) {
        self.key = key
        self.dictionaries = dictionaries
        linkingTraits = LinkingTraits(graph.decisions.rules)
        fingerprint = Fingerprint(secret: key)
        self.graph = graph
        pendingKeys = PendingKeys(fingerprint: fingerprint)
        sealingKeys = PendingKeys(fingerprint: fingerprint, slots: 16)
        _ = self.graph.takeChanges()
    }

    /// What waits is made into blocks beside what comes from now on.
    mutating func beginSeal() {
        swap(&pendingKeys, &sealingKeys)
        swap(&fingerprints, &sealingFingerprints)
    }

    /// The blocks are committed, and who is who with them.
    mutating func sealDone() {
        sealingKeys.removeAll()
        sealingFingerprints.removeAll(keepingCapacity: true)
        records = []
    }

    /// A commit is done: nothing waits.
    mutating func commitDone() {
        pendingKeys.removeAll()
        fingerprints.removeAll(keepingCapacity: true)
        records = []
    }

    /// Adds to the log of people.
    mutating func note(_ record: PeopleRecord) { records.append(record) }

    /// Who is who by other decisions from now on.
    mutating func decide(_ decisions: IdentityDecisions) {
        graph.decide(decisions)
        linkingTraits = LinkingTraits(decisions.rules)
    }

    /// Settles every message of the batch.
    ///
    /// - Parameter stored: Rows whose ids committed blocks hold.
    mutating func settle(_ batch: ColumnarBatch, stored: Set<Int>) -> AppendOutcome {
        var outcome = AppendOutcome()
        var ordinals = ContiguousArray<UInt32>(repeating: .max, count: batch.identifierCount)
        var nextAlias = 0
        let aliases = batch.aliasMessages
        pendingKeys.begin(batch)
        /// Where limits are judged at the batch's end: the message of each new link.
        var tellers: [Int: Int] = [:]
        let waits = !graph.decisions.rules.limits.isEmpty
        for index in 0..<batch.identifierCount { graph.prefetch(hash: batch.identifier(index).hash) }
        for row in 0..<batch.messageCount {
            if row + 16 < batch.messageCount { pendingKeys.prefetch(fingerprint: fingerprint(batch.key(row + 16).key)) }
            let (messageKey, isUUID) = batch.key(row)
            let mark = fingerprint(messageKey)
            let isStored = !stored.isEmpty && stored.contains(row)
            let isSealing = !sealingKeys.isEmpty && sealingKeys.contains(row, of: batch, fingerprint: mark)
            guard !isStored, !isSealing, pendingKeys.insert(row, fingerprint: mark) else {
                outcome.duplicates += 1
                batch.settle(row, owner: nil, companion: nil)
                continue
            }
            fingerprints.append(mark)
            let ids = batch.identifiers(of: row)
            let time = batch.place(of: row).time
            var user: UInt32?
            var anonymous: UInt32?
            graph.beginMessage()
            let linksBefore = graph.links.count
            if let index = ids.user { user = ordinal(index, batch, &ordinals) }
            if let index = ids.anonymous { anonymous = ordinal(index, batch, &ordinals) }
            if let user, let anonymous { graph.link(user, anonymous, message: messageKey, isUUID: isUUID, time: time) }
            while nextAlias < aliases.count, aliases[nextAlias].message < row { nextAlias += 1 }
            if nextAlias < aliases.count, aliases[nextAlias].message == row, let owner = user ?? anonymous {
                let previous = aliases[nextAlias].previous
                let key = key
                graph.alias(user: owner, previous: previous, message: messageKey, isUUID: isUUID, time: time) {
                    ColumnarBatch.identifierHash(previous, kind: $0, key: key)
                }
            }
            if !linkingTraits.isEmpty, let owner = user ?? anonymous {
                for (kind, text) in linkingTraits.identifiers(of: row, in: batch, dictionaries) {
                    graph.link(owner, graph.ordinal(of: text, kind: kind, key: key), message: messageKey, isUUID: isUUID, time: time)
                }
            }
            if graph.hasChanges { note(graph.takeChanges(), of: batch) { _ in row } }
            if waits { for link in linksBefore..<graph.links.count { tellers[link] = row } }
            batch.settle(row, owner: user ?? anonymous, companion: user == nil ? nil : anonymous)
            outcome.accepted += 1
        }
        if waits { note(graph.takeChanges(), of: batch) { tellers[$0] ?? tellers.values.max() } }
        return outcome
    }

    /// Adds what messages of a batch changed to the log of people.
    ///
    /// - Parameter teller: The message that said a link.
    private mutating func note(_ changes: [IdentityGraph.Change], of batch: ColumnarBatch, teller: (Int) -> Int?) {
        for change in changes {
            let row = teller(change.link) ?? 0
            let messageID = batch.messageIDText(row)
            let cause = change.after.count == 1 ? PeopleRecord.Cause.merge(messageID: messageID) : .order(messageID: messageID)
            let at = Instant(milliseconds: batch.place(of: row).time)
            records.append(PeopleRecord(number: 0, cause: cause, at: at, before: change.before, after: change.after))
        }
    }

    @inline(__always)
    private mutating func ordinal(_ index: Int, _ batch: ColumnarBatch, _ known: inout ContiguousArray<UInt32>) -> UInt32 {
        if known[index] != .max { return known[index] }
        let (kind, text, hash) = batch.identifier(index)
        let ordinal = graph.find(text, kind: kind, hash: hash) ?? graph.insert(text, kind: kind, hash: hash)
        known[index] = ordinal
        return ordinal
    }

    /// The ordinal of the identifier that message `row` counts for, nil where it was never seen.
    func knownOwner(_ row: Int, of batch: ColumnarBatch) -> UInt32? {
        let ids = batch.identifiers(of: row)
        guard let index = ids.user ?? ids.anonymous else { return nil }
        let (kind, text, hash) = batch.identifier(index)
        return graph.find(text, kind: kind, hash: hash)
    }
}

extension IdentityGraph {
    /// The ordinal of an identifier, which is entered where it is new.
    mutating func ordinal(of text: String, kind: IdentifierKind, key: (UInt64, UInt64)) -> UInt32 {
        var text = text
        return text.withUTF8 { bytes in
            let hash = ColumnarBatch.identifierHash(bytes, kind: kind, key: key)
            return find(bytes, kind: kind, hash: hash) ?? insert(bytes, kind: kind, hash: hash)
        }
    }
}
