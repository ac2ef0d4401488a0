import EventModel
import GRDB
import Identity
import Storage

/// The curated tables: people and the index of messageIds. All of them follow from the raw layer (blocks and dictionaries).
enum CuratedLayer {
    /// Drops the curated tables and makes them anew from the blocks and the decisions, in one transaction.
    ///
    /// - Parameter rules: Rules of who is who that take the place of the store's; nil: those stay.
    /// - Parameter statement: Who says so, for the log of people; nil: nothing is logged.
    static func rebuild(
        _ database: Database, fingerprint: Fingerprint, rules: IdentityRules? = nil, statement: PeopleStatement? = nil
    ) throws {
        try database.inTransaction(.immediate) {
            if let rules { try SQLiteStore.save(rules.definition, database) }
            if let statement {
                try DecisionTables.save([PeopleRecord(number: 0, cause: .rules, before: [], after: [], statement: statement)], database)
            }
            let dictionaries = try DictionaryTables.image(database)
            let image = ReaderImage(dictionaries)
            let texts = try PeopleTables.identifiers(database)
            let key = try Schema.key(database)
            var graph = IdentityGraph(texts: texts, links: [], aliases: [], decisions: try DecisionTables.decisions(database)) {
                ColumnarBatch.identifierHash($0, kind: $1, key: key)
            }
            var linkingTraits = LinkingTraits(graph.decisions.rules)
            try database.execute(
                sql: """
                    DELETE FROM link; DELETE FROM alias; DELETE FROM dedupe_run; DELETE FROM dedupe_segment;
                    DELETE FROM link_refusal; DELETE FROM said_time;
                    """)
            for number in [Schema.Number.links, .aliases, .refusals] { try Schema.set(number, 0, database) }
            let dedupe = DedupeIndex()
            var waiting: [UInt64] = []
            let blocks = try BlockTable.blocks(database, names: dictionaries.names)
            for block in blocks {
                let batch = try BlockReader(image: image, summary: block.summary) {
                    try BlockTable.column(database, block: block.summary.id, code: $0)
                }.batch()
                for row in 0..<batch.messageCount {
                    let (messageKey, isUUID) = batch.key(row)
                    let time = batch.place(of: row).time
                    waiting.append(fingerprint(messageKey))
                    guard let owner = batch.owner(of: row), Int(owner) < texts.count else {
                        throw BlockReader.Damaged(block: block.summary.id)
                    }
                    if let companion = batch.companion(of: row) {
                        guard Int(companion) < texts.count else { throw BlockReader.Damaged(block: block.summary.id) }
                        graph.link(owner, companion, message: messageKey, isUUID: isUUID, time: time)
                    }
                    if block.summary.kind == .alias, let previous = batch.text(of: row, at: ["previousId"], image: image) {
                        previous.withUnsafeBufferPointer { text in
                            graph.alias(user: owner, previous: text, message: messageKey, isUUID: isUUID, time: time) {
                                ColumnarBatch.identifierHash(text, kind: $0, key: key)
                            }
                        }
                    }
                    guard !linkingTraits.isEmpty else { continue }
                    for (kind, text) in linkingTraits.identifiers(of: row, in: batch, image) {
                        let ordinal = graph.ordinal(of: text, kind: kind, key: key)
                        graph.link(owner, ordinal, message: messageKey, isUUID: isUUID, time: time)
                    }
                }
                if waiting.count >= 1 << 20 {
                    try dedupe.add(waiting, database)
                    waiting.removeAll(keepingCapacity: true)
                }
            }
            try dedupe.add(waiting, database)
            for index in try TraitIndexTables.all(database) { try TraitIndexTables.clear(index, database) }
            var indexing = try Indexing(database) { image }
            try indexing.takeStored(blocks)
            // Judges what limits are to be asked about; the texts that are there stay.
            _ = graph.profiles()
            var saved = PeopleTables.Saved()
            saved.identifiers = texts.count
            try PeopleTables.save(graph, beyond: saved, database)
            try Schema.bumpVersion(database)
            return .commit
        }
    }
}
