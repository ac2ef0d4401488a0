/// Something in an offer's settings that cannot be taken.
public struct OfferMistake: Sendable, Hashable {
    /// Names of members and places in arrays (from 0, in digits) from the root of the settings to the one at fault.
    public var path: [String]
    /// Whether the name at the end of `path` is at fault, rather than what stands behind it.
    public var isAboutName: Bool
    /// What is wrong, a sentence without its full stop.
    public var problem: String
    /// What to write instead, without a full stop.
    public var remedy: String

    /// Joins the parts.
    public init(at path: [String], isAboutName: Bool = false, _ problem: String, remedy: String) {
        (self.path, self.isAboutName, self.problem, self.remedy) = (path, isAboutName, problem, remedy)
    }
}

/// Everything that is wrong with an offer's settings, found in one reading; never empty.
public struct OfferMistakes: Error, Sendable, Hashable, CustomStringConvertible {
    /// In the order in which the settings were read.
    public var all: [OfferMistake]

    /// Gathers the mistakes of one reading.
    public init(_ all: [OfferMistake]) { self.all = all }

    /// One mistake a line.
    public var description: String {
        all.map { mistake in
            (mistake.path.isEmpty ? "" : mistake.path.joined(separator: ".") + ": ") + "\(mistake.problem); \(mistake.remedy)."
        }.joined(separator: "\n")
    }
}
