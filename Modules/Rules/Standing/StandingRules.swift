public import EventModel
public import Storage

/// Many rules that are asked again and again, of profile after profile, as events come and time goes by.
///
/// Leaves that rules have in common are kept once. Of an event only that is kept which some leaf reads, for as long as a window may hold it:
/// conditions are judged when it comes. Time never goes back. Gives what `ProfileEvaluator` gives over the whole timeline. Confined to one
/// thread.
public final class StandingRules {
    private let plan: StandingPlan
    private let texts: StandingTexts
    private var session: ProfileSession<StandingSource>
    /// Scratch: the row at hand.
    private var row: ContiguousArray<UInt64> = []
    /// By the number of an event's name, and by the number of a shape: found once for each.
    private var slotsByNumber: [[Int]?] = []
    private var layouts: [StandingLayout?] = []

    private let values: [Formula]
    private let chunkRows: Int

    /// Prepares rules, and values that can be asked for beside them; a profile goes with one list of rules and values.
    ///
    /// - Parameter chunkRows: From how many rows on those of a condition are kept in chunks, each of that many at most; at least 2.
    public convenience init(_ rules: [(rule: Rule, thresholds: PercentileThresholds)], values: [Formula] = [], chunkRows: Int = 512) {
        self.init(rules, values, StandingTexts(), chunkRows)
    }

    private init(_ rules: [(rule: Rule, thresholds: PercentileThresholds)], _ values: [Formula], _ texts: StandingTexts, _ chunkRows: Int) {
        plan = StandingPlan(rules, values: values, chunkRows: chunkRows)
        precondition(plan.slots.count <= Self.mostSlots && rules.count <= Self.mostSlots, "whoever has more rules asks `slotCount` first")
        (self.values, self.texts, self.chunkRows) = (values, texts, chunkRows)
        session = ProfileSession(plan.plan, StandingSource(plan, texts), now: 0)
    }

    /// The same rules with other bounds of their percentiles; profiles go on with it.
    public func with(_ rules: [(rule: Rule, thresholds: PercentileThresholds)]) -> StandingRules {
        StandingRules(rules, values, texts, chunkRows)
    }

    /// Whether a rule can be kept so: its conditions ask of the event alone, not of the profile or the time.
    public static func canKeep(_ rule: Rule) -> Bool { StandingPlan.judgesEventsAlone(rule) }

    /// The same of a value.
    public static func canKeep(_ value: Formula) -> Bool { StandingPlan.judgesEventsAlone(value) }

    /// The most slots, and the most rules, that profiles can tell apart.
    public static let mostSlots = 65_535

    /// How many slots a rule takes by itself; with others, no more.
    public static func slotCount(of rule: Rule) -> Int { StandingPlan([(rule, .none)], values: [], chunkRows: mostSlots).slots.count }

    /// The same of a value.
    public static func slotCount(of value: Formula) -> Int { StandingPlan([], values: [value], chunkRows: mostSlots).slots.count }

    // MARK: Keeping

    /// Whether messages of a kind (and event name; nil: of several), none of them later than `latest`, can matter to any rule.
    ///
    /// - Parameter clock: No question will be about an earlier instant.
    public func reads(_ kind: Message.Kind, event: String?, latest: Instant, clock: Int64) -> Bool {
        if !plan.purposes.isEmpty || kind == .identify && !plan.traits.isEmpty { return true }
        func counts(_ slot: Int) -> Bool { latest.milliseconds > plan.forms[slot].edge(at: clock) }
        if plan.slotsByKind[Int(kind.rawValue)].contains(where: counts) { return true }
        guard kind == .track else { return false }
        if let event { return (plan.slotsByName[Text(event)] ?? []).contains(where: counts) }
        return plan.slotsByName.values.contains { $0.contains(where: counts) }
    }

    /// Takes a message into a profile, in any order; each once.
    ///
    /// - Parameter clock: No question will be about an earlier instant. What can no longer matter then is not kept.
    /// - Parameter touched: Is given each slot that has a row more now, some of them more than once, and whether it is the latest of an earlier
    ///   step: rules that read it may answer differently now (see `forEachEffect`).
    public func enter(_ message: Message, into profile: inout StandingProfile, clock: Int64, touched: (Int, Bool) -> Void) {
        let event = StandingEvent.message(message)
        if message.kind == .track, !plan.slotsByName.isEmpty, let name = message.event {
            for slot in plan.slotsByName[Text(name)] ?? [] { sift(event, slot, into: &profile, clock, touched) }
        }
        for slot in plan.slotsByKind[Int(message.kind.rawValue)] { sift(event, slot, into: &profile, clock, touched) }
        if message.kind == .identify, !plan.traits.isEmpty {
            let traits = message.traits
            for trait in traits.members {
                guard let slot = plan.traits[Text(trait.name)] else { continue }
                let values = plan.slots[slot].paths.map { Value(traits.value(at: $0.map(\.string))) }
                say(values, slot, event, into: &profile, clock, touched)
            }
        }
        if !plan.purposes.isEmpty {
            message.forEachDecision { purpose, isGranted in
                if let slot = plan.purposes[purpose] { say([.truth(isGranted)], slot, event, into: &profile, clock, touched) }
            }
        }
    }

    /// The same of a message as a store decoded it, which must be of one that has a shape. All such messages must be of one store.
    public func enter(_ message: DecodedMessage, into profile: inout StandingProfile, clock: Int64, touched: (Int, Bool) -> Void) {
        let kind = message.kind
        let named = kind == .track ? slots(ofName: message) : []
        let any = plan.slotsByKind[Int(kind.rawValue)]
        let speaks = kind == .identify && !plan.traits.isEmpty || !plan.purposes.isEmpty
        guard !named.isEmpty || !any.isEmpty || speaks else { return }
        let layout = layout(of: message)
        let event = StandingEvent.row(StandingRow(message: message, layout: layout))
        for slot in named { sift(event, slot, into: &profile, clock, touched) }
        for slot in any { sift(event, slot, into: &profile, clock, touched) }
        guard speaks else { return }
        let row = StandingRow(message: message, layout: layout)
        if kind == .identify {
            for (slot, leaves) in layout.traits {
                say(leaves.map { row.value(at: $0) }, slot, event, into: &profile, clock, touched)
            }
        }
        for (slot, leaf) in layout.purposes {
            let value = row.value(at: leaf)
            if value.kind == .truth { say([value], slot, event, into: &profile, clock, touched) }
        }
    }

    private func slots(ofName message: DecodedMessage) -> [Int] {
        let number = Int(message.nameNumber)
        while slotsByNumber.count <= number { slotsByNumber.append(nil) }
        if let known = slotsByNumber[number] { return known }
        let slots = plan.slotsByName[Text(message.name)] ?? []
        slotsByNumber[number] = slots
        return slots
    }

    private func layout(of message: DecodedMessage) -> StandingLayout {
        let shape = Int(message.shape ?? 0)
        while layouts.count <= shape { layouts.append(nil) }
        if let known = layouts[shape] { return known }
        let layout = StandingLayout(message, plan)
        layouts[shape] = layout
        return layout
    }

    /// Keeps an event where the slot's condition lets it in.
    private func sift(
        _ event: StandingEvent, _ slot: Int, into profile: inout StandingProfile, _ clock: Int64, _ touched: (Int, Bool) -> Void
    ) {
        let (form, time) = (plan.forms[slot], event.time)
        guard time > form.edge(at: clock), case .events(_, _, let condition) = plan.slots[slot].subject,
            condition.map({ session.holds($0, of: event) }) ?? true
        else { return }
        row.removeAll(keepingCapacity: true)
        row.append(UInt64(bitPattern: time))
        if form.isOrdered { row.append(texts.add(event.messageID)) }
        if form.width > form.columns {
            for field in plan.slots[slot].fields { row.append(StandingWord.word(event.value(of: field), texts)) }
        }
        take(slot, into: &profile, clock, touched)
    }

    /// Keeps what an event says of a trait or a purpose.
    private func say(
        _ values: [Value], _ slot: Int, _ event: StandingEvent, into profile: inout StandingProfile, _ clock: Int64,
        _ touched: (Int, Bool) -> Void
    ) {
        row.removeAll(keepingCapacity: true)
        row.append(UInt64(bitPattern: event.time))
        row.append(texts.add(event.messageID))
        row.append(UInt64(bitPattern: event.expiry))
        for value in values { row.append(StandingWord.word(value, texts)) }
        take(slot, into: &profile, clock, touched)
    }

    private func take(_ slot: Int, into profile: inout StandingProfile, _ clock: Int64, _ touched: (Int, Bool) -> Void) {
        insert(row, of: slot, into: &profile)
        trim(slot, of: &profile, clock: clock)
        touched(slot, isLatest(Int64(bitPattern: row[0]), slot, in: profile))
    }

    /// Whether a slot is an earlier step of some sequence: only then its latest row does other things than any row.
    public func isEarlierStep(_ slot: Int) -> Bool { !plan.lastSteps[slot].isEmpty }

    /// Whether no row of a last step comes after one of an earlier step.
    private func isLatest(_ time: Int64, _ slot: Int, in profile: StandingProfile) -> Bool {
        isEarlierStep(slot)
            && plan.lastSteps[slot].allSatisfy { last in
                guard let place = profile.place(last, plan.forms) else { return true }
                return Int64(bitPattern: profile.word(place, place.rows - 1, 0, width: plan.forms[last].width)) <= time
            }
    }

    // MARK: Effects

    /// How many slots there are: `touched` gives numbers below.
    public var slotCount: Int { plan.slots.count }

    /// Each rule that reads a slot.
    public func forEachRule(reading slot: Int, _ body: (_ rule: Int) -> Void) { for rule in plan.rulesOfSlot[slot] { body(rule) } }

    /// Each rule whose answer one row more of a slot can change, and how.
    ///
    /// - Parameter isLatest: As `touched` said it of the row.
    public func forEachEffect(of slot: Int, isLatest: Bool, _ body: (_ rule: Int, _ effect: StandingEffect) -> Void) {
        for rule in plan.rulesOfSlot[slot] {
            let root = plan.roots[rule]
            guard let effect = plan.effect(of: slot, on: root, isLatest: false) else {
                body(rule, .either)
                continue
            }
            if !isLatest {
                body(rule, effect)
            } else if let effect = plan.effect(of: slot, on: root, isLatest: true) {
                body(rule, effect)
            }
        }
    }

    // MARK: Whole profiles

    /// Takes all that is kept of one profile into another: they turned out to be one. All rules are to be asked of it anew.
    public func merge(_ other: StandingProfile, into profile: inout StandingProfile, clock: Int64) {
        var less = other
        // The one that has more stays where it is.
        if less.wordCount > profile.wordCount { swap(&less, &profile) }
        less.forEachPlace(plan.forms) { slot, place in
            let width = plan.forms[slot].width
            for index in 0..<place.rows {
                row.removeAll(keepingCapacity: true)
                for column in 0..<width { row.append(less.word(place, index, column, width: width)) }
                insert(row, of: slot, into: &profile)
            }
            trim(slot, of: &profile, clock: clock)
        }
    }

    /// Lets go of what no window holds any more.
    public func trim(_ profile: inout StandingProfile, clock: Int64) {
        var slots: ContiguousArray<Int> = []
        profile.forEachPlace(plan.forms) { slot, _ in slots.append(slot) }
        for slot in slots { trim(slot, of: &profile, clock: clock) }
    }

    private func insert(_ row: ContiguousArray<UInt64>, of slot: Int, into profile: inout StandingProfile) {
        let own = plan.forms[slot]
        var index = 0
        if let place = profile.place(slot, plan.forms) {
            let time = Int64(bitPattern: row[0])
            func word(_ index: Int, _ column: Int) -> UInt64 { profile.word(place, index, column, width: own.width) }
            index = place.rows
            // Most come after all others, or nearly so.
            if place.rows > 16, Int64(bitPattern: word(index - 8, 0)) > time {
                var low = 0
                while low < index {
                    let middle = low + (index - low) / 2
                    if Int64(bitPattern: word(middle, 0)) > time { index = middle } else { low = middle + 1 }
                }
            }
            while index > 0, Int64(bitPattern: word(index - 1, 0)) > time { index -= 1 }
            if own.isOrdered {
                while index > 0, word(index - 1, 0) == row[0], texts.precedes(row[1], word(index - 1, 1)) { index -= 1 }
            }
        }
        profile.insert(row, at: index, of: slot, plan.forms, texts)
    }

    private func trim(_ slot: Int, of profile: inout StandingProfile, clock: Int64) {
        let own = plan.forms[slot]
        guard own.keepsLastOnly || own.reach < .max, let place = profile.place(slot, plan.forms) else { return }
        func word(_ row: Int, _ column: Int) -> UInt64 { profile.word(place, row, column, width: own.width) }
        func time(_ row: Int) -> Int64 { Int64(bitPattern: word(row, 0)) }
        var idle = 0
        if own.keepsLastOnly {
            while idle + 1 < place.rows, time(idle + 1) <= clock { idle += 1 }
        } else {
            let edge = own.edge(at: clock)
            while idle < place.rows, time(idle) <= edge { idle += 1 }
        }
        guard idle > 0 else { return }
        for row in 0..<idle {
            if own.isOrdered { texts.release(word(row, 1)) }
            for column in own.columns..<own.width {
                if let text = StandingWord.place(word(row, column)) { texts.release(text) }
            }
        }
        profile.removeFirst(idle, of: slot, plan.forms, texts)
    }

    // MARK: Asking

    /// The profile that the next answers are about.
    public func turn(to profile: StandingProfile, at now: Int64) {
        session.profile.turn(to: profile)
        session.turn(now: now)
    }

    /// Slots of which the profile at hand has any row; rules that read none of them answer as for a profile of which nothing is known.
    public func forEachFilled(_ body: (Int) -> Void) { for slot in session.profile.filled { body(slot) } }

    /// No profile is at hand any more: its buffer can be changed without being copied.
    public func leave() { session.profile.leave() }

    /// The answer of a rule for the profile at hand, and the first millisecond at which it may be another; `.max`: none.
    public func answer(_ rule: Int) -> (isMember: Bool, until: Int64) {
        let course = session.course(plan.roots[rule])
        return (course.holds, course.until < Course.horizon ? course.until : .max)
    }

    /// One of the values for the profile at hand.
    public func value(_ index: Int) -> Value { session.course(plan.values[index]).value }

    /// The answer of a rule, followed to the instant at which it does become another, as far as that may be followed. It must be the last question
    /// about the profile at hand.
    public func followedAnswer(_ rule: Int) -> TimedAnswer { session.answer(plan.roots[rule]) }

    // MARK: Texts

    /// Gives back texts that no row refers to any more, where they are most of all; `profiles` must be all there are.
    public func giveBackTexts(_ profiles: inout ContiguousArray<StandingProfile>) {
        guard texts.isMostlyIdle else { return }
        leave()
        let kept = StandingTexts()
        for index in profiles.indices {
            profiles[index].replaceWords(plan.forms) { form, column, word in
                if column == 1, form.isOrdered { return kept.add(word, of: texts) }
                guard column >= form.columns, let text = StandingWord.place(word) else { return word }
                return StandingWord.word(ofTextAt: kept.add(text, of: texts))
            }
        }
        texts.take(kept)
    }
}

extension Message {
    /// When what it says of traits and purposes ends by itself; `.max`: never.
    var expiry: Int64 { if case .instant(let instant) = Value.time(Value(context["expiresAt"])) { instant } else { .max } }

    /// Each purpose that it sets to a truth.
    func forEachDecision(_ body: ([Text], Bool) -> Void) {
        guard let consent = json["context"]?.asObject?["consent"]?.asObject, let preferences = consent["categoryPreferences"]?.asObject
        else { return }
        func walk(_ preferences: JSONObject, _ path: [Text]) {
            for member in preferences.members {
                let own = path + [Text(member.name)]
                switch member.value {
                case .bool(let truth): body(own, truth)
                case .object(let inner): walk(inner, own)
                default: break
                }
            }
        }
        walk(preferences, [])
    }
}
