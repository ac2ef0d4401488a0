/// A checked expression or value with everything it refers to: closed, plain data that evaluators walk.
///
/// Segments and features that it mentions stand in tables, each once and each only after those it mentions itself; the nodes
/// `Clause.segment` and `Operand.feature` are indexes into them. An evaluator that works through the tables in order never meets an
/// index it has not answered, and a segment mentioned a thousand times is answered once.
public struct Tree<Root: Sendable & Hashable>: Sendable, Hashable {
    /// The clause or value that was asked for.
    public var root: Root
    /// Segments mentioned, directly or through others; entry i mentions only entries before i.
    public var segments: [Named<Clause>]
    /// Features mentioned, directly or through others; entry i mentions only entries before i.
    public var features: [Named<Operand>]

    /// Joins a root and the tables that its indexes point into; each entry must come after those it mentions.
    public init(root: Root, segments: [Named<Clause>] = [], features: [Named<Operand>] = []) {
        (self.root, self.segments, self.features) = (root, segments, features)
    }
}

/// A definition with its name.
public struct Named<Body: Sendable & Hashable>: Sendable, Hashable {
    /// The name it is mentioned by.
    public var name: Text
    /// What it says, checked.
    public var body: Body

    /// Gives `body` its name.
    public init(_ name: Text, _ body: Body) { (self.name, self.body) = (name, body) }
}

/// A checked yes-or-no expression: what `count`, `members` and a segment's file hold.
public typealias Rule = Tree<Clause>

/// A checked value: what a feature's definition holds, or a column of a mapping.
public typealias Formula = Tree<Operand>

extension Tree {
    /// The aggregate that a value is, in parentheses or through features; nil when it is anything else.
    public func soleAggregate(of value: Operand) -> Aggregate? {
        var value = value
        while case .feature(let index, _) = value { value = features[index].body }
        if case .aggregate(let aggregate) = value { return aggregate }
        return nil
    }
}
