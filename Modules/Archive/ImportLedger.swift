import EventModel
import Storage

/// The storing side: takes items in order, keeps the counts, commits. One thread at a time.
final class ImportLedger {
    private(set) var result = ImportResult()
    /// Messages that this run has stored.
    private(set) var messages = 0
    private(set) var file = ""
    private(set) var fileNumber = 0

    private let store: any EventStore
    private let writer: any StoreWriter
    private let rejects: RejectsWriter
    private let options: ImportOptions
    private var key: String?
    private var position = ImportPosition()
    /// Counts of the present file that are durable.
    private var committed = ImportPosition()
    private var holdsRecords = false
    private var isOpen = false
    /// Rows of the present file that its mapping passes over.
    private var skipped = 0
    private var definitions: [Definition] = []
    /// The present file is an archive that has the store's definitions.
    private var holdsDefinitions = false

    init(store: any EventStore, writer: any StoreWriter, options: ImportOptions) {
        (self.store, self.writer, self.options) = (store, writer, options)
        rejects = RejectsWriter(place: options.rejects, resume: options.resume)
    }

    /// Takes the next item.
    ///
    /// - Throws: What ends the import: the store or the disk refused. Nothing of the item is then counted.
    func take(_ item: ImportItem) throws(ArchiveError) {
        switch item.content {
        case .opened(let file, let key, let position, let holdsRecords):
            (self.file, self.key, self.position, self.holdsRecords, isOpen) = (file, key, position, holdsRecords, true)
            fileNumber += 1
            (committed, skipped) = (position, 0)
            (definitions, holdsDefinitions) = ([], false)
            try rejects.begin(source: file, doneLines: position.lines)
        case .batch(let batch): try take(batch, item.decoded)
        case .definitions(let definitions): (self.definitions, holdsDefinitions) = (definitions, true)
        case .ended(let damages, let notes):
            result.damages += damages
            result.notes += notes
            position.finished = damages.isEmpty
            try saveDefinitions()
            try closeSource(at: position)
        case .failed(let error, let damages):
            result.damages += damages
            result.failures.append(error)
            try stop()
        case .unopened(let file, let error):
            self.file = file
            fileNumber += 1
            rejects.pass(source: file)
            result.failures.append(error)
        case .wasDone(let file, let position):
            self.file = file
            fileNumber += 1
            rejects.pass(source: file)
            result.sources.append(.init(file: file, position: ImportResult.ImportCounts(position), wasDone: true))
        }
    }

    /// Commits what was taken of the present file, so that `--resume` can go on there.
    func stop() throws(ArchiveError) {
        guard isOpen else { return }
        // A reader that holds records back has stored an unknown part of the lines it read; it starts over.
        try closeSource(at: holdsRecords ? nil : position)
    }

    private func take(_ batch: MessageBatch, _ decoded: (any DecodedBatch)?) throws(ArchiveError) {
        var refused = batch.rejects
        if let decoded {
            let outcome: AppendOutcome
            do { outcome = try writer.append(decoded) } catch { throw ArchiveError(storing: error) }
            position.accepted += outcome.accepted
            position.duplicates += outcome.duplicates
            refused += decoded.rejects
            position.messages += outcome.accepted + outcome.duplicates
            messages += outcome.accepted + outcome.duplicates
        }
        if !refused.isEmpty {
            refused.sort { $0.line < $1.line }
            position.rejected += refused.count
            position.messages += refused.count
            messages += refused.count
            try rejects.write(refused)
        }
        position.lines += batch.sourceLines
        skipped += batch.skippedLines
        if writer.pendingBytes > options.pendingBytes { try commit(holdsRecords ? nil : position) }
    }

    private func commit(_ position: ImportPosition?) throws(ArchiveError) {
        try rejects.flush()
        do { try writer.commit(source: position == nil ? nil : key, position: key == nil ? nil : position) } catch {
            throw ArchiveError(storing: error)
        }
        committed = self.position
    }

    private func closeSource(at position: ImportPosition?) throws(ArchiveError) {
        try commit(position)
        isOpen = false
        result.sources.append(.init(file: file, position: ImportResult.ImportCounts(self.position, skipped: skipped), wasDone: false))
    }

    private func saveDefinitions() throws(ArchiveError) {
        let people = definitions.filter { $0.kind == .identity || $0.kind == .unmerge }
        guard let decisions = IdentityDecisions(people) else {
            throw ArchiveError(.store, "\(file): a decision about people cannot be read. The archive is damaged; import a good copy.")
        }
        do {
            if let note = try remark(on: decisions.rules) { result.notes.append(note) }
            if !decisions.isEmpty { try writer.adopt(decisions) }
            for definition in definitions where definition.kind != .identity && definition.kind != .unmerge { try store.save(definition) }
        } catch { throw ArchiveError(storing: error) }
        definitions = []
    }

    /// What is to be said of an archive's rules of identity beside the store's; nil where they are the same.
    private func remark(on rules: IdentityRules) throws(StoreError) -> String? {
        guard holdsDefinitions else { return nil }
        let own = IdentityDecisions(try store.definitions())?.rules ?? IdentityRules()
        let differences = rules.differences(from: own).joined(separator: ", ")
        if differences.isEmpty { return nil }
        if own.isEmpty { return "\(file): the store takes over the archive's rules of identity (\(differences))." }
        return
            "\(file): the archive's rules of identity are not the store's (\(differences)), so who is who may differ: the store's stand. "
            + "To go by others, rebuild it with them: tessera-archive rebuild --config FILE"
    }

    /// Closes the rejects and sums up.
    func finish() -> ImportResult {
        do { try rejects.end() } catch { result.failures.append(error) }
        if isOpen { result.sources.append(.init(file: file, position: ImportResult.ImportCounts(committed), wasDone: false)) }
        result.rejectsFiles = rejects.files
        for source in result.sources {
            result.counts.rows += source.position.rows
            result.counts.messages += source.position.messages
            result.counts.accepted += source.position.accepted
            result.counts.duplicates += source.position.duplicates
            result.counts.rejected += source.position.rejected
            result.counts.skipped += source.position.skipped
        }
        return result
    }
}

extension ImportResult.ImportCounts {
    init(_ position: ImportPosition, skipped: Int = 0) {
        self.skipped = skipped
        rows = position.lines
        messages = position.messages
        accepted = position.accepted
        duplicates = position.duplicates
        rejected = position.rejected
    }
}

extension ArchiveError {
    /// A store's refusal.
    init(storing error: StoreError) {
        self.init(error.reason == .disk ? .disk : error.reason == .limit ? .limit : .store, error.description)
    }
}
