import EventModel
import Foundation
import GRDB
import Identity
import Storage

/// What waits becomes blocks, with who is who and the index of messageIds, in one transaction.
extension SQLiteWriter {
    func commit(source: String?, position: ImportPosition?) throws(StoreError) {
        try checkUsable()
        try finishSealing()
        let image = dictionaries.image
        let plan = BlockPlan(batches: pending, image: image, ownNames: ownNames)
        do {
            // What the tail held is little: it is encoded before, so that others who write wait for no more than the writing.
            var ready: [EncodedBlock]?
            if hasTail, pendingBytes <= Self.smallSeal {
                var blocks: [EncodedBlock] = []
                try plan.encodeAll { blocks.append($0) }
                ready = blocks
            }
            let generation = hasTail ? tailGeneration + 1 : nil
            try save(plan, image, fingerprints: settlement.fingerprints, generation: generation) { [ready] database, insert in
                if let ready { for block in ready { try insert(block) } } else { try plan.encodeAll(insert) }
                guard let source, let position else { return }
                let text = Sealed.data(try JSONEncoder().encode(position), .position)
                try database.execute(
                    sql: "INSERT INTO import_position VALUES(?, ?) ON CONFLICT(source) DO UPDATE SET position = excluded.position",
                    arguments: [source, text])
            }
        } catch {
            isBroken = true
            throw StoreError(error, path: store.path)
        }
        settlement.commitDone()
        pending = []
        pendingBytes = 0
        if hasTail {
            removeTails(from: generation, to: tailGeneration)
            tailGeneration += 1
            tail = TailLog(store: store.path, generation: tailGeneration)
            generation = tailGeneration
            (hasTail, tailRows) = (false, 0)
        }
    }

    /// Saves the blocks of a plan and all that goes with them, in one transaction.
    ///
    /// - Parameter generation: The first one whose log counts from now on; nil: as before.
    /// - Parameter blocks: Gives the blocks, within the transaction, to what inserts them.
    private func save(
        _ plan: BlockPlan, _ image: StoreDictionaries.Image, fingerprints: [UInt64], generation: Int64?,
        _ blocks: (Database, (EncodedBlock) throws -> Void) throws -> Void
    ) throws {
        var numbers: [[UInt8]: Int32] = [:]
        for name in plan.ownNames { numbers[Array(image.names[Int(name)].utf8)] = name }
        store.writing.lock()
        defer { store.writing.unlock() }
        try connection.writeWithoutTransaction { [numbers] database in
            try database.inTransaction(.immediate) {
                var indexing = try Indexing(database) { ReaderImage(image) }
                try blocks(database) { block in
                    try BlockTable.insert(block, name: block.summary.event.flatMap { numbers[Array($0.utf8)] }, database)
                    try indexing.take(block.summary) { code in block.columns.first { $0.code == code }?.bytes }
                }
                try DictionaryTables.save(image, beyond: self.saved, database)
                for name in plan.ownNames where !self.ownNames.contains(name) {
                    try database.execute(sql: "UPDATE name SET own = 1 WHERE number = ?", arguments: [name])
                }
                try PeopleTables.save(self.settlement.graph, beyond: self.savedPeople, database)
                try DecisionTables.save(self.settlement.records, database)
                try self.saveDecisions(database)
                try self.dedupe.add(fingerprints, database)
                try indexing.finish()
                if let generation { try Schema.setGeneration(generation, database) }
                try Schema.bumpVersion(database)
                return .commit
            }
        }
        saved = StoreDictionaries.Mark(of: image)
        savedPeople = PeopleTables.Saved(settlement.graph)
        settlement.graph.wasSaved()
        decided = Decided()
        ownNames.formUnion(plan.ownNames)
        confirmer = nil
    }

    /// Saves blocks that were made beside the writer.
    func save(_ done: Sealing.Done) throws(StoreError) {
        do {
            try save(done.plan, done.image, fingerprints: settlement.sealingFingerprints, generation: done.generation + 1) { _, insert in
                for block in done.blocks { try insert(block) }
            }
        } catch {
            isBroken = true
            throw StoreError(error, path: store.path)
        }
        settlement.sealDone()
        removeTails(from: generation, to: done.generation)
        generation = done.generation + 1
    }

    private func removeTails(from first: Int64, to last: Int64) {
        for generation in first...last where generation < keptFrom ?? .max {
            unlink(TailLog.path(store: store.path, generation: generation))
        }
    }

    func position(of source: String) throws(StoreError) -> ImportPosition? {
        do {
            let text = try connection.inDatabase {
                try Data.fetchOne($0, sql: "SELECT position FROM import_position WHERE source = ?", arguments: [source])
            }
            return try text.map {
                let bytes = try Sealed.bytes($0, .position, damaged: DamagedTable(name: "import_position"))
                return try JSONDecoder().decode(ImportPosition.self, from: Data(bytes))
            }
        } catch {
            throw StoreError(error, path: store.path)
        }
    }
}
