public import Connectors
public import EventModel
public import EventModelTesting

/// The promises that every enricher keeps.
public enum EnricherContract: CaseIterable, Sendable {
    /// The same parts at the same instant get the same answer, also from another made of the same settings.
    case repeatsItself
    /// A message that has none of the parts gets nothing.
    case givesNothingForNothing
    /// What is given keeps the bounds of `GivenTraits`, and no trait is given twice.
    case keepsBounds
    /// Whatever stands in the place of a part, it answers or says why not, and then answers as before.
    case survivesOddParts
    /// It purges only what it is given.
    case purgesOnlyItsParts
    /// A sentence about a failure shows nothing of a part.
    case showsNoPart

    /// What is thrown where a promise is not kept.
    public typealias Broken = BrokenPromise<EnricherContract>

    /// Asks an enricher, and throws `Broken` where it breaks this promise.
    ///
    /// - Parameter make: Makes the enricher, each time the same one.
    /// - Parameter known: Parts for which it gives something, one list a question.
    public func verify(_ make: () throws -> any Enricher, known: [[JSONValue?]], at now: Instant = Instant(milliseconds: 1_780_272_000_000))
        throws
    {
        let enricher = try make()
        let answers = known.map { Self.answer(enricher, $0, now) }
        if known.isEmpty || answers.contains(where: { (try? $0.get())?.isEmpty != false }) {
            throw Broken(promise: self, place: "what it is said to know it does not know")
        }
        switch self {
        case .repeatsItself:
            let other = try make()
            for (parts, answer) in zip(known, answers)
            where Self.answer(enricher, parts, now) != answer || Self.answer(other, parts, now) != answer {
                throw Broken(promise: self, place: "a second answer differs")
            }
        case .givesNothingForNothing:
            let nothing = Self.answer(enricher, enricher.parts.map { _ in nil }, now)
            if nothing != .success([]) { throw Broken(promise: self, place: "\(nothing)") }
        case .keepsBounds:
            for given in answers.compactMap({ try? $0.get() }) {
                let names = given.flatMap(\.traits.members).map { Array($0.name.utf8) }
                if !given.allSatisfy(\.isWithinBounds) { throw Broken(promise: self, place: "an answer is out of bounds") }
                if Set(names).count != names.count { throw Broken(promise: self, place: "a trait is given twice") }
            }
        case .survivesOddParts:
            for odd in Self.odd {
                for place in enricher.parts.indices {
                    var parts = known[0]
                    parts[place] = odd
                    let answer = Self.answer(enricher, parts, now)
                    if case .success(let given) = answer, !given.allSatisfy(\.isWithinBounds) {
                        throw Broken(promise: self, place: "an odd part gets an answer out of bounds")
                    }
                }
            }
            if Self.answer(enricher, known[0], now) != answers[0] { throw Broken(promise: self, place: "it answers otherwise afterwards") }
        case .purgesOnlyItsParts:
            if let strange = enricher.purged.first(where: { !enricher.parts.contains($0) }) {
                throw Broken(promise: self, place: "\(strange.joined(separator: ".")) is no part of its own")
            }
        case .showsNoPart:
            let secret = "anna.sample@mail.example"
            for odd in [JSONValue.string(secret), .array([.string(secret)]), .object(JSONObject([.init("a", .string(secret))]))] {
                if case .failure(let error) = Self.answer(enricher, enricher.parts.map { _ in odd }, now),
                    error.description.contains(secret)
                {
                    throw Broken(promise: self, place: "an error shows a part")
                }
            }
        }
    }

    private static func answer(
        _ enricher: any Enricher, _ parts: [JSONValue?], _ now: Instant
    ) -> Result<[GivenTraits], ConnectorError> {
        Result { () throws(ConnectorError) in try enricher.traits(of: parts, at: now) }
    }

    /// Parts that nobody expects.
    private static let odd: [JSONValue?] = [
        nil, .null, .bool(true), .integer(.min), .unsigned(.max), .number(-0.0), .number(.greatestFiniteMagnitude), .string(""),
        .string("\u{0}\u{1F}\u{FEFF}"), .string(String(repeating: "e\u{301}😀 ", count: 20_000)),
        .string(String(repeating: "a", count: 300_000)),
        .array([]), .array([.null, .array([.string("x")])]), .object(JSONObject()), .object(JSONObject([.init("", .null)])),
    ]
}
