import EventModel
import Live
import Storage

/// Taking over what others define.
extension WorkerLoop {
    /// Everything that was accepted until now, as a snapshot; from now on what comes is noted, for the state that is made of it.
    ///
    /// The tail is sealed first, so that opening the snapshot takes no time from the messages that wait.
    func beginJournal() -> Result<any StoreSnapshot, StoreError> {
        Result { () throws(StoreError) in
            try openWriter()
            try sealAll()
            let snapshot = try store.snapshot()
            journal = []
            regroupedBefore = regrouped
            return snapshot
        }
    }

    /// The state that was being made will not come.
    func endJournal() { journal = nil }

    /// Puts a state that was made since `beginJournal` in place of the present one, all at once.
    func swap(_ state: LiveState) {
        // People were regrouped since it began to be made: it knows them neither as they were nor as they are.
        guard regrouped == regroupedBefore else {
            journal = nil
            tell.requestReload()
            return
        }
        let now = clock()
        live.advance(to: now)
        recordTransitions()
        _ = recorder.flush()
        var next = state.takeLive()
        for entry in journal ?? [] {
            switch entry {
            case .merge(let merge): next.merge(merge.old, into: merge.kept, at: now)
            case .message(let arrival): receive(arrival, by: &next, at: now)
            }
        }
        journal = nil
        next.advance(to: now)
        for (index, segment) in next.segments.enumerated() where segment.isRecorded {
            if let before = names[segment.name], live.segments[before].expression.sameScalars(as: segment.expression),
                !recorder.isOvertaken(segment.name)
            {
                // Ordinals stay; whose they are may have changed since they were recorded.
                let recorded = live.recorded(of: before).map { (ordinal: $0.ordinal, profile: writer.profile(of: $0.ordinal)) }
                next.adopt(index, recorded: recorded, because: regroupedBefore.isEmpty ? .message : .merge)
            } else {
                recorder.begin(segment.name, after: state.lastRecords[segment.name] ?? 0)
            }
        }
        live = consume next
        (regrouped, regroupedBefore) = ([], [])
        (definitions, offers) = (state.definitions, state.offers)
        nameSegments()
        recordTransitions()
    }
}
