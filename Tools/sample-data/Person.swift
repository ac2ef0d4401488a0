import EventModel
import Statistics

/// One customer: who they are, how they came, and when they are there.
struct Person {
    let index: Int
    let character: Int
    /// Index into `Place.all`.
    let placeIndex: Int
    let latitude: Double
    let longitude: Double
    let age: Int
    let firstName: Int
    let lastName: Int
    let plan: Int
    let created: Instant
    let favourites: (Int, Int)
    /// Days of the window on which they may visit.
    let days: Range<Int>
    let arrival: Arrival
    let usesApp: Bool
    let mobileShare: Double
    /// One bit a purpose of `Person.purposes`.
    let consent: UInt8
    /// The family or company account they shop for, if any.
    let group: Int?
    /// The two devices' anonymous ids, as numbers.
    let anonymousKeys: (UInt64, UInt64)

    /// How the shop came to know them.
    enum Arrival {
        /// Signed in whenever they visit.
        case signedIn
        /// Browsed without a name at first, then signed in.
        case linked
        /// Never told who they are.
        case anonymous
    }

    var isKnown: Bool { arrival != .anonymous }
    var place: Place { Place.all[placeIndex] }

    static let plans = ["free", "plus", "premium"]
    static let purposes = ["analytics", "marketing", "personalization"]
    static let firstNames = [
        "Ada", "Bruno", "Clara", "Dario", "Edith", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Karin", "Levi", "Maja", "Nils", "Olga",
        "Paul", "Ronja",
        "Selma", "Théo", "Ulla", "Viktor", "Wanda", "Ximena", "Yusuf", "Zoë",
    ]
    static let lastNames = [
        "Aalto", "Brandt", "Conti", "Dubois", "Ekström", "Fischer", "Gruber", "Horvat", "Ito", "Jensen", "Keller", "Lindt", "Moreau",
        "Novak",
        "Okafor", "Pereira", "Quint", "Rossi", "Schmid", "Tanaka", "Ulrich", "Vogel", "Weiss", "Yilmaz", "Zeller",
    ]

    /// Makes person number `index`; everything about them follows from the seed and the number.
    init(index: Int, people: Int, season: Season, _ random: inout SeededGenerator) {
        let character = Character.choice.draw(&random)
        let kind = Character.all[character]
        (self.index, self.character) = (index, character)
        placeIndex = Place.choice.draw(&random)
        let place = Place.all[placeIndex]
        latitude = Self.rounded(place.latitude + random.normal() * 0.05)
        longitude = Self.rounded(place.longitude + random.normal() * 0.07)
        age = Int((kind.taste > 0.5 ? 49 : kind.saleLove > 0.5 ? 31 : 39) + random.normal() * 11).clamped(to: 16...92)
        firstName = random.integer(below: Self.firstNames.count)
        lastName = random.integer(below: Self.lastNames.count)
        plan = WeightedChoice(kind.plans).draw(&random)
        favourites = (Self.favourite(taste: kind.taste, &random), Self.favourite(taste: kind.taste, &random))
        days = Self.presence(kind.presence, &random)
        let wasThereBefore = days.lowerBound == 0
        let way = random.uniform()
        arrival = way < 0.1 ? .anonymous : way < (wasThereBefore ? 0.35 : 0.7) ? .linked : .signedIn
        let firstDay = wasThereBefore ? -random.integer(in: 1...900) : days.lowerBound
        created = Instant(
            milliseconds: season.start.milliseconds + Int64(firstDay) * Instant.millisecondsPerDay + Int64(random.integer(below: 86_400))
                * 1_000)
        usesApp = random.chance(age < 40 ? 0.45 : 0.2)
        mobileShare = age < 35 ? 0.75 : age < 55 ? 0.5 : 0.3
        consent = (random.chance(0.85) ? 1 : 0) | (random.chance(0.6) ? 2 : 0) | (random.chance(0.7) ? 4 : 0)
        group = random.chance(0.05) ? random.integer(below: max(1, people / 80)) : nil
        anonymousKeys = (random.next(), random.next())
    }

    /// A category; of two drawn, the cheaper or the dearer one where the taste is marked.
    private static func favourite(taste: Double, _ random: inout SeededGenerator) -> Int {
        let categories = Catalogue.categories
        let (one, other) = (random.integer(below: categories.count), random.integer(below: categories.count))
        guard taste.magnitude > 0.5 else { return one }
        return (categories[one].price < categories[other].price) == (taste < 0) ? one : other
    }

    private static func presence(_ presence: Character.Presence, _ random: inout SeededGenerator) -> Range<Int> {
        let last = Season.days
        switch presence {
        case .lasting: return (random.chance(0.65) ? 0 : random.integer(in: 0...last - 70))..<last
        case .lapsed:
            let until = last - random.integer(in: 60...330)
            return (random.chance(0.75) ? 0 : random.integer(in: 0...until / 2))..<until
        case .recent: return last - random.integer(in: 2...60)..<last
        case .passing:
            let from = random.chance(0.45) ? 0 : random.integer(in: 0...last - 30)
            return from..<(random.chance(0.6) ? last : random.integer(in: from + 14...last))
        }
    }

    private static func rounded(_ degrees: Double) -> Double { (degrees * 10_000).rounded() / 10_000 }
}
