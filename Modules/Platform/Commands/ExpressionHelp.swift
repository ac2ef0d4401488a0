public import EventModel

/// `help expressions`: the segment language on one page, by what people want to say.
public struct ExpressionHelp: CommandResult {
    /// One thing to say, and how it is said.
    public struct Recipe: Sendable, Equatable {
        /// What is to be said, in plain words.
        public var wish: String
        /// The expression that says it.
        public var expression: String
    }

    /// The topics' names: the page answers to every word of the language, too.
    static let names = ["expressions", "expression", "language", "examples"]
    private static let words: Set<String> = [
        "did", "where", "within", "since", "after", "until", "sequence", "then", "spanning", "any", "in", "top", "bottom", "exists", "sum",
        "average", "minimum", "maximum", "distinct", "first", "last", "mostFrequent", "mostFrequentCount", "trait", "traits", "consent",
        "now", "ago",
        "asOf", "stale", "date", "time", "matches", "contains", "and", "or", "not",
    ]

    /// Whether a topic is this page's.
    static func answers(_ topic: String) -> Bool { names.contains(topic) || words.contains(topic) }

    /// What people say most, each with an expression that can be typed as it stands.
    public static let recipes: [Recipe] = [
        .init(wish: "ordered in the last 30 days", expression: #"did "Order Completed" within 30d"#),
        .init(wish: "at least three orders ever", expression: #"count("Order Completed") >= 3"#),
        .init(
            wish: "looked at shoes twice in a week",
            expression: #"did "Product Viewed" where .category == "shoes" within 7d at least 2 times"#),
        .init(
            wish: "bought twice, the second within 30 days of the first, at any time",
            expression: #"sequence("Order Completed" then "Order Completed" within 30d)"#),
        .init(
            wish: "the same, but nothing since the last one for 14 days",
            expression: #"sequence("Order Completed" then "Order Completed" within 30d then not "Order Completed" within 14d)"#),
        .init(
            wish: "two in the 30 days before the last one, the last one included",
            expression: #"count("Order Completed" since last("Order Completed") - 30d) >= 2"#),
        .init(
            wish: "put shoes into the cart and never ordered after it",
            expression:
                #"(did "Product Added" where .category == "shoes") and not did "Order Completed" since last("Product Added" where .category == "shoes")"#
        ),
        .init(wish: "nothing at all in the last month", expression: "not did any within 30d"),
        .init(wish: "in Germany or Austria", expression: #"trait.country in ("DE", "AT")"#),
        .init(wish: "the best fifth by revenue", expression: #"sum("Order Completed", .revenue) in top 20%"#),
        .init(wish: "average order above 120", expression: #"average("Order Completed", .revenue) > 120"#),
        .init(
            wish: "first order within a week of signing up", expression: #"first("Order Completed") - time(trait.createdAt) <= 7d"#),
        .init(wish: "has no e-mail address", expression: "not exists(trait.email)"),
        .init(
            wish: "within a mile of a place", expression: "distanceMiles(trait.latitude, trait.longitude, 52.5200, 13.4050) <= 1"),
        .init(wish: "ever on the free plan", expression: #"did any where type == "identify" and traits.plan == "free""#),
        .init(wish: "plan not said again for 30 days", expression: "asOf(trait.plan) < ago(30d)"),
        .init(wish: "in one segment and not in another", expression: #"segment "buyers" and not segment "vip""#),
    ]

    private static let rules = """
        did "EVENT" [where CONDITION] [WINDOW...] [at least|at most|exactly N times]        any: every event
        count(...)  first(...)  last(...)  sum|average|minimum|maximum|distinct|mostFrequent|mostFrequentCount("EVENT" ..., .property)
        sequence("A" then "B" within 1h then not "C" within 24h) spanning 2h               later steps at later instants

        WINDOW    within 30d   the last 30 days        since X   from X on, X included     (s, m, h, d, w)
                  after X      later than X            until X   before X                   X: ago(7d), last("A") - 30d, date("2026-01-31")
        In a sequence `within` on a step is the time since the step before; a window after its parenthesis limits all steps.
        `then not "C" within 24h` holds once 24 hours have passed without C.
        CONDITION .price > 10, .category == "shoes", context.device.type == "mobile"       of the event at hand
                  type == "identify" and traits.plan == "free"                       what this message sets
        VALUES    trait.name, feature.name, consent.purpose, now                           of the person
                  asOf(trait.name): when it was last said     stale(trait.name): longer ago than its source promises
        TESTS     == != < <= > >=   in ("a", "b")   in top 20%   contains startsWith endsWith matches   exists(x)
        and, or, not, parentheses; `or` binds least. `where` takes all that follows it: put what comes after in front of it, or the
        predicate in parentheses. A comparison with something missing is false.
        A condition cannot look inside an array (an order's products, say): ask the events of single things instead, such as
        "Product Added". `events NAME` shows properties, kinds and frequent values; Tab completes names and values.
        """

    public var json: JSONObject {
        let examples = Self.recipes.map {
            JSONValue.object(JSONObject(["wish": .string($0.wish), "expression": .string($0.expression)]))
        }
        return JSONObject(["examples": .array(examples), "rules": .string(Self.rules)])
    }

    public var table: ResultTable {
        ResultTable([.init("wish"), .init("expression")], rows: Self.recipes.map { [.text($0.wish), .prose($0.expression)] })
    }

    public func text(on canvas: Canvas) -> String {
        let examples = Self.recipes.map { "  \($0.wish)\n      \($0.expression)\n" }.joined()
        return Self.rules + "\n\n" + examples
    }
}
