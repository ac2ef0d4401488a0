import EventModel
import Statistics

/// How large a shop to make, from which seed, and when its year ends.
struct ShopSettings {
    /// People, known and unknown.
    var profiles = 50_000
    /// Messages of type track, page and screen. Those that say who somebody is come on top.
    var events = 1_000_000
    var seed: UInt64 = 2026
    /// The first instant after the year.
    var end = Instant(milliseconds: 1_782_777_600_000)  // 2026-06-30T00:00:00Z
}

/// Why a shop could not be made, in a sentence.
struct ShopError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

/// A shop's year: its people, what they did, and the messages that tell of it.
///
/// The same settings give the same bytes. Memory: about 40 bytes an event and 200 a person; a million events take seconds.
struct Shop {
    let settings: ShopSettings
    let season: Season
    let catalogue: Catalogue
    private(set) var people: [Person] = []
    private(set) var timelines = Timelines()

    init(_ settings: ShopSettings) throws(ShopError) {
        guard settings.profiles >= 1 else { throw ShopError("--profiles is \(settings.profiles). Ask for at least 1.") }
        guard settings.events >= settings.profiles else {
            throw ShopError(
                "--events is \(settings.events) and --profiles is \(settings.profiles). Everybody does something: "
                    + "ask for at least as many events as profiles."
            )
        }
        guard settings.events <= 200_000_000 else { throw ShopError("--events is \(settings.events). At most 200000000 are made at once.") }
        let years = MessageLimits.earliest.milliseconds + 400 * Instant.millisecondsPerDay...MessageLimits.latest.milliseconds
        guard years.contains(settings.end.milliseconds) else {
            throw ShopError("--as-of is \(settings.end.text). Choose a year from 0002 to 9999.")
        }
        self.settings = settings
        season = Season(end: settings.end)
        catalogue = Catalogue(seed: settings.seed)
        populate()
    }

    private mutating func populate() {
        var random = SeededGenerator(seed: mixed(settings.seed, 0))
        var generators: [SeededGenerator] = []
        people.reserveCapacity(settings.profiles)
        for index in 0..<settings.profiles {
            var own = SeededGenerator(seed: mixed(settings.seed, UInt64(index) + 0x1_0000))
            people.append(Person(index: index, people: settings.profiles, season: season, &own))
            generators.append(own)
        }
        let quotas = quotas(&random)
        timelines.reserve(events: settings.events, people: settings.profiles)
        let chains = Character.all.map { VisitChain(of: $0) }
        var life = Life(season: season, catalogue: catalogue)
        for index in people.indices {
            life.live(people[index], events: quotas[index], chain: chains[people[index].character], into: &timelines, &generators[index])
        }
    }

    /// How many events each person has: one, and a share of the rest by the law of Zipf and Mandelbrot; together exactly `events`.
    private func quotas(_ random: inout SeededGenerator) -> [Int] {
        let ranks = random.shuffled(Array(0..<people.count))
        let offset = max(1, Double(people.count) / 200)
        let weights = people.indices.map { Character.all[people[$0].character].activity / (Double(ranks[$0]) + offset) }
        let total = weights.reduce(0, +)
        let rest = settings.events - people.count
        var (sum, given) = (0.0, 0)
        return weights.indices.map { index in
            sum += weights[index]
            let until = index == weights.count - 1 ? rest : Int(Double(rest) * (sum / total))
            defer { given = until }
            return 1 + until - given
        }
    }

    /// Gives the messages in the order of their times, as newline-delimited JSON in pieces of about a mebibyte.
    func write(_ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        var text = MessageText(shop: self)
        for index in timelines.order(from: season.start) {
            text.append(timelines.records[index], number: index)
            if text.bytes.count >= 1 << 20 {
                try text.bytes.withUnsafeBytes(take)
                text.bytes.removeAll(keepingCapacity: true)
            }
        }
        try text.bytes.withUnsafeBytes(take)
    }
}
