public import EventModel
public import Rules

/// A way to make one number of each profile: the door of this module.
///
/// An extractor says which values of the segment language it reads; they are asked of the store together with those of all other
/// features, in one scan, and it turns their columns into one column of numbers.
public protocol FeatureExtractor: Sendable {
    /// What the feature is called in tables and cards.
    var name: String { get }
    /// The values it reads.
    var inputs: [Tree<Operand>] { get }
    /// One number for each profile, NaN where it is missing; shape `[profiles]`.
    ///
    /// - Parameter inputs: A column for each value of `inputs`, in that order.
    func column(from inputs: [ValueColumn], now: Instant) throws(FeatureError) -> ContiguousArray<Double>
}

/// Answers values of the language for every profile of one snapshot at one instant. Platform lends it the columnar evaluator.
public protocol ProfileValues {
    /// The instant that values are asked at.
    var now: Instant { get }
    /// A column for each value, by profile number, from one scan.
    func columns(of values: [Tree<Operand>]) throws -> [ValueColumn]
}

extension ProfileValues {
    /// The columns of several features, from one scan; shape `[features][profiles]`.
    public func extract(_ features: [any FeatureExtractor]) throws -> [ContiguousArray<Double>] {
        let columns = try columns(of: features.flatMap(\.inputs))
        var result: [ContiguousArray<Double>] = []
        var next = 0
        for feature in features {
            let end = next + feature.inputs.count
            result.append(try feature.column(from: Array(columns[next..<end]), now: now))
            next = end
        }
        return result
    }
}

/// Why a feature could not be made: what was wrong and what to do.
public struct FeatureError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String

    /// Takes the sentence: what was wrong and what to do.
    public init(_ description: String) { self.description = description }
}
