/// Why a text is no schedule: what is wrong with it, and what to write instead.
public struct ScheduleError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A sentence without its full stop, which quotes the text.
    public var problem: String
    /// A sentence.
    public var remedy: String

    /// Joins the two sentences.
    public init(_ problem: String, remedy: String) { (self.problem, self.remedy) = (problem, remedy) }

    public var description: String { "\(problem). \(remedy)" }
}
