import EventModel

/// A profile as sessions read it: its rows by slot.
struct StandingSource: ProfileSource {
    let plan: StandingPlan
    let texts: StandingTexts
    private(set) var profile = StandingProfile()
    /// By slot; those of `filled` count.
    private(set) var places: ContiguousArray<StandingProfile.Place>
    private(set) var filled: ContiguousArray<Int> = []

    init(_ plan: StandingPlan, _ texts: StandingTexts) {
        (self.plan, self.texts) = (plan, texts)
        places = ContiguousArray(repeating: .init(start: 0, rows: 0), count: plan.slots.count)
    }

    /// Goes on to another profile. Its buffer is shared until the next one: whoever changes it before copies it.
    mutating func turn(to profile: StandingProfile) {
        leave()
        self.profile = profile
        profile.forEachPlace(plan.forms) { slot, place in
            places[slot] = place
            filled.append(slot)
        }
    }

    /// Goes on to nobody.
    mutating func leave() {
        for slot in filled { places[slot] = .init(start: 0, rows: 0) }
        filled.removeAll(keepingCapacity: true)
        profile = StandingProfile()
    }

    static var isSifted: Bool { true }

    func isEmpty(_ selection: Int) -> Bool { places[plan.slotOfSelection[selection]].rows == 0 }

    func events(of selection: Int, in plan: ProfilePlan) -> EventList {
        let slot = self.plan.slotOfSelection[selection]
        let (place, width) = (places[slot], self.plan.forms[slot].width)
        var list = EventList()
        guard place.rows > 0 else { return list }
        list.times.reserveCapacity(place.rows)
        if let long = place.list {
            let rows = profile.lists[long].rows
            rows.forEachWord(0, in: rows.numbers) { list.times.append(Int64(bitPattern: $0)) }
        } else {
            for row in 0..<place.rows { list.times.append(Int64(bitPattern: profile.words[place.start + row * width])) }
        }
        list.positions = ContiguousArray(0..<Int32(place.rows))
        return list
    }

    func event(at position: Int32) -> StandingEvent { preconditionFailure("rows are sifted: conditions were judged when they came") }

    func value(of field: Field, for node: Int, at position: Int32) -> Value {
        guard let (slot, column) = plan.columnOfNode[node] else { preconditionFailure("every aggregate over a field has a column") }
        guard let column else { return .instant(Int64(bitPattern: word(slot, Int(position), 0))) }
        return StandingWord.value(word(slot, Int(position), plan.forms[slot].columns + column), texts)
    }

    func latest(trait path: [Text], for node: Int, at now: Int64) -> Saying? {
        guard let (slot, own) = plan.columnOfNode[node], let column = own else { preconditionFailure("every trait has a column") }
        return latest(slot, column, at: now)
    }

    func latest(purpose: [Text], at now: Int64) -> Saying? { plan.purposes[purpose].flatMap { latest($0, 0, at: now) } }

    private func latest(_ slot: Int, _ column: Int, at now: Int64) -> Saying? {
        let rows = places[slot].rows
        guard rows > 0 else { return nil }
        var end = rows
        while end > 0, Int64(bitPattern: word(slot, end - 1, 0)) > now { end -= 1 }
        var said = Saying(next: end < rows ? Int64(bitPattern: word(slot, end, 0)) : .max)
        if end > 0 {
            said.value = StandingWord.value(word(slot, end - 1, plan.forms[slot].columns + column), texts)
            said.expiry = Int64(bitPattern: word(slot, end - 1, 2))
        }
        return said
    }

    func word(_ slot: Int, _ row: Int, _ column: Int) -> UInt64 {
        profile.word(places[slot], row, column, width: plan.forms[slot].width)
    }
}
