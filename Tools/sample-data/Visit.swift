import Statistics

/// One step of a visit.
enum Step: Int, CaseIterable, Sendable {
    case page, scroll, search, list, view, add, remove, wish, cart, checkout, order, opened, clicked
    /// The visit ends.
    case leave
}

/// How visits go: a Markov chain over the steps, one for each character.
struct VisitChain: Sendable {
    private let first: WeightedChoice
    private let next: [WeightedChoice]

    private typealias Row = [Step: Double]
    private static let start: Row = [.page: 46, .search: 10, .list: 12, .view: 15, .cart: 4, .opened: 13]
    private static let base: [Step: Row] = [
        .page: [.scroll: 30, .search: 11, .list: 20, .view: 15, .page: 8, .leave: 16],
        .scroll: [.page: 12, .search: 7, .list: 24, .view: 30, .leave: 27],
        .search: [.list: 18, .view: 54, .search: 13, .leave: 15],
        .list: [.view: 60, .list: 15, .search: 6, .page: 4, .leave: 15],
        .view: [.view: 23, .add: 27, .list: 14, .search: 5, .wish: 4, .page: 6, .scroll: 9, .leave: 16],
        .add: [.view: 20, .cart: 40, .list: 9, .checkout: 22, .remove: 2, .leave: 15],
        .remove: [.view: 30, .cart: 22, .list: 20, .leave: 28],
        .wish: [.view: 40, .list: 22, .leave: 38],
        .cart: [.checkout: 60, .view: 14, .remove: 9, .list: 8, .leave: 24],
        .checkout: [.order: 74, .cart: 8, .leave: 28],
        .order: [.page: 22, .leave: 78],
        .opened: [.clicked: 26, .leave: 74],
        .clicked: [.view: 36, .list: 36, .page: 19, .leave: 9],
    ]

    init(of character: Character) {
        func choice(_ row: Row) -> WeightedChoice {
            WeightedChoice(
                Step.allCases.map { step in
                    let weight = row[step] ?? 0
                    return switch step {
                    case .add, .wish: weight * character.wanting
                    case .checkout, .order: weight * character.buying
                    default: weight
                    }
                })
        }
        first = choice(Self.start)
        next = Step.allCases.map { choice(Self.base[$0] ?? [.leave: 1]) }
    }

    func begin(_ random: inout SeededGenerator) -> Step { Step.allCases[first.draw(&random)] }
    func step(after step: Step, _ random: inout SeededGenerator) -> Step { Step.allCases[next[step.rawValue].draw(&random)] }

    /// Mean milliseconds until the next step.
    static func dwell(_ step: Step) -> Double {
        switch step {
        case .page, .wish, .remove: 26_000
        case .scroll: 14_000
        case .search, .list: 24_000
        case .view: 48_000
        case .add: 30_000
        case .cart: 42_000
        case .checkout: 95_000
        case .order, .opened: 50_000
        case .clicked, .leave: 8_000
        }
    }
}
