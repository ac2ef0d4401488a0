import EventModel
import Statistics

/// One person's year while it is told: who they are known as, what is in the basket, what they look at.
struct Story {
    private let person: Person
    private let season: Season
    private let catalogue: Catalogue
    private let plot: Plot

    private var basket: [Line] = []
    private var visit = 0
    private var identity = Record.Identity.anonymous
    private var isIdentified = false
    private var device = Record.Device.desktop
    private var isApp = false
    private var campaign: UInt8 = 255
    private var page: UInt32 = 0
    private var category: Int?
    private var product: Int?

    init(person: Person, season: Season, catalogue: Catalogue, visits: Int, _ random: inout SeededGenerator) {
        (self.person, self.season, self.catalogue) = (person, season, catalogue)
        plot = Plot(person: person, visits: visits, &random)
    }

    mutating func begin(visit: Int, first: Step, _ random: inout SeededGenerator) {
        self.visit = visit
        device = random.chance(person.mobileShare) ? .mobile : random.chance(0.85) ? .desktop : .tablet
        isApp = device == .mobile && person.usesApp && random.chance(0.6)
        campaign = first == .opened ? Campaign.newsletter : random.chance(0.35) ? UInt8(Campaign.choice.draw(&random)) : 255
        (category, product) = (nil, nil)
        page = 0
        if visit == plot.secondDeviceVisit {
            identity = .secondDevice
            (device, isApp) = (.mobile, true)
        } else if isIdentified {
            identity = person.arrival == .linked ? .both : .user
        } else {
            identity = person.arrival == .signedIn ? .user : .anonymous
        }
    }

    /// Tells one step, and at its turn what is said about the person.
    mutating func take(
        _ step: Step, at time: Int64, comesBack: Bool, isLast: Bool, into out: inout Timelines, _ random: inout SeededGenerator
    ) {
        tell(step, at: time, comesBack: comesBack, into: &out, &random)
        guard person.isKnown, identity != .secondDevice else { return }
        if !isIdentified, visit >= plot.identifyVisit {
            isIdentified = true
            if person.arrival == .linked { identity = .both }
            out.add(record(.identify, at: time + 300))
            if let group = person.group { out.add(record(.group, at: time + 400, subject: UInt32(group))) }
        }
        guard isLast, isIdentified else { return }
        if visit == plot.upgradeVisit { out.add(record(.upgrade, at: time + 500, subject: UInt32(min(person.plan + 1, 2)))) }
        if visit == plot.aliasVisit { out.add(record(.alias, at: time + 600)) }
        if visit == plot.consentVisit { out.add(record(.consent, at: time + 700, subject: UInt32(person.consent ^ 2))) }
    }

    private mutating func tell(_ step: Step, at time: Int64, comesBack: Bool, into out: inout Timelines, _ random: inout SeededGenerator) {
        switch step {
        case .page: showPage(at: time, into: &out, &random)
        case .scroll:
            let depth = min(100, 10 + Int(random.wait(mean: 45)))
            out.add(record(.scroll, at: time, subject: page, cents: UInt32(depth)))
        case .search:
            category = interest(at: time, &random)
            out.add(record(.search, at: time, subject: UInt32(category ?? 0), cents: UInt32(random.integer(in: 1...Catalogue.perCategory))))
        case .list:
            category = interest(at: time, &random)
            out.add(record(.list, at: time, subject: UInt32(category ?? 0)))
        case .view:
            let seen = look(at: time, &random)
            out.add(record(.view, at: time, subject: UInt32(seen), cents: price(of: seen, at: time)))
        case .wish:
            let seen = product ?? look(at: time, &random)
            out.add(record(.wish, at: time, subject: UInt32(seen), cents: price(of: seen, at: time)))
        case .add:
            let chosen = product ?? look(at: time, &random)
            let quantity: UInt8 = random.chance(Character.all[person.character].doubling) ? 2 : 1
            basket.append(Line(product: UInt16(chosen), quantity: quantity, cents: price(of: chosen, at: time)))
            out.add(record(.add, at: time), basket.suffix(1))
        case .remove: out.add(record(.remove, at: time), CollectionOfOne(basket.removeLast()))
        case .cart: out.add(record(.cart, at: time), basket)
        case .checkout: out.add(record(.checkout, at: time), basket)
        case .order: order(at: time, comesBack: comesBack, into: &out, &random)
        case .opened, .clicked:
            guard isIdentified || person.arrival == .signedIn, identity != .secondDevice else {
                return showPage(at: time, into: &out, &random)  // nobody writes to a stranger
            }
            out.add(record(step == .opened ? .opened : .clicked, at: time, subject: UInt32(season.day(of: time) / 7)))
        case .leave: break
        }
    }

    private mutating func showPage(at time: Int64, into out: inout Timelines, _ random: inout SeededGenerator) {
        if random.chance(0.5) {
            page = UInt32(random.integer(below: Page.fixed.count))
        } else {
            let shown = interest(at: time, &random)
            category = shown
            page = UInt32(Page.fixed.count + shown)
        }
        out.add(record(isApp ? .screen : .page, at: time, subject: page))
    }

    private mutating func order(at time: Int64, comesBack: Bool, into out: inout Timelines, _ random: inout SeededGenerator) {
        let coupon: UInt8 = random.chance(Character.all[person.character].saleLove > 0.5 ? 0.4 : 0.07) ? 10 : 0
        let paid = basket.map { Line(product: $0.product, quantity: $0.quantity, cents: $0.cents * UInt32(100 - coupon) / 100) }
        basket.removeAll(keepingCapacity: true)
        let number = out.nextOrder()
        var completed = record(.order, at: time, subject: number)
        completed.coupon = coupon
        out.add(completed, paid)
        guard comesBack else { return }
        var back = time + Int64(random.integer(in: 2 * 86_400...25 * 86_400)) * 1_000
        if back >= season.end.milliseconds { back = time + 1 + Int64(random.uniform() * Double(season.end.milliseconds - time - 2)) }
        let returned = random.chance(0.55) ? paid : [random.pick(paid)]
        out.add(record(.refund, at: back, subject: number), returned)
    }

    /// The category that comes to mind: what is on the screen, a favourite, what the month calls for, or anything.
    private func interest(at time: Int64, _ random: inout SeededGenerator) -> Int {
        let way = random.uniform()
        if way < 0.25, let category { return category }
        if way < 0.60 { return person.favourites.0 }
        if way < 0.75 { return person.favourites.1 }
        if way < 0.92 { return catalogue.seasonalCategory(month: season.month(of: time), &random) }
        return random.integer(below: Catalogue.categories.count)
    }

    private mutating func look(at time: Int64, _ random: inout SeededGenerator) -> Int {
        let shelf = category ?? interest(at: time, &random)
        category = shelf
        let seen = catalogue.product(of: shelf, taste: Character.all[person.character].taste, &random)
        product = seen
        return seen
    }

    private func price(of product: Int, at time: Int64) -> UInt32 {
        UInt32(catalogue.products[product].cents * (100 - season.sale(at: time)) / 100)
    }

    private func record(_ kind: Record.Kind, at time: Int64, subject: UInt32 = 0, cents: UInt32 = 0) -> Record {
        Record(
            time: time, person: UInt32(person.index), kind: kind, identity: identity, device: device, campaign: campaign, subject: subject,
            cents: cents)
    }
}

/// At which visits something is learned about a person.
private struct Plot {
    var identifyVisit = 0
    var upgradeVisit: Int?
    var consentVisit: Int?
    /// A visit on another device, not known to be theirs until `aliasVisit`.
    var secondDeviceVisit: Int?
    var aliasVisit: Int?

    init(person: Person, visits: Int, _ random: inout SeededGenerator) {
        guard person.isKnown else { return }
        if person.arrival == .linked { identifyVisit = random.integer(below: max(1, visits * 2 / 5)) }
        if random.chance(0.08) { upgradeVisit = visits - 1 }
        if random.chance(0.05) { consentVisit = visits - 1 }
        guard person.usesApp, visits >= 3, random.chance(0.12) else { return }
        let other = random.integer(in: 0...visits - 2)
        guard other != identifyVisit else { return }
        secondDeviceVisit = other
        aliasVisit = random.integer(in: max(other + 1, identifyVisit)...visits - 1)
    }
}
