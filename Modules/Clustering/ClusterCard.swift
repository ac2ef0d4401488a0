import Statistics

/// What a reader wants to know of one cluster.
public struct ClusterCard: Sendable, Hashable, Codable {
    /// One feature of a cluster beside the same feature of everybody.
    public struct Trait: Sendable, Hashable, Codable {
        /// The feature's name in the table that was clustered.
        public var feature: String
        /// Mean and median of the cluster, in original units.
        public var mean, median: Double
        /// Mean and median of all clustered rows, in original units.
        public var populationMean, populationMedian: Double
        /// The mean's distance from the population's, in population standard deviations; 0 where the feature is constant.
        public var difference: Double

        enum CodingKeys: String, CodingKey {
            case feature, mean, median
            case populationMean = "population_mean"
            case populationMedian = "population_median"
            case difference
        }
    }

    /// The cluster's number, from 0.
    public var cluster: Int
    /// A proposed name, unlike any other of the same clustering.
    public var name: String
    /// Rows, and their share of all clustered rows.
    public var size: Int
    /// From 0 to 1.
    public var share: Double
    /// Features in the order given.
    public var centre: [Double]
    /// Features with the most unusual first.
    public var traits: [Trait]
}

/// Words for a feature in a cluster's name, where "high" and "low" would not be said.
public struct FeatureWords: Sendable, Hashable {
    /// What is said of a cluster whose mean of the feature lies above everybody's, and below it.
    public var high, low: String

    /// Takes the two phrases, which read on after "very ".
    public init(high: String, low: String) { (self.high, self.low) = (high, low) }

    /// "high monetary", "low monetary"; and of days since the last order, "long gone" and "recent".
    public static func usual(for feature: String) -> FeatureWords {
        switch feature {
        case "recency", "recency_days", "recencyDays": FeatureWords(high: "long gone", low: "recent")
        case "frequency": FeatureWords(high: "frequent", low: "infrequent")
        default: FeatureWords(high: "high \(feature)", low: "low \(feature)")
        }
    }
}

extension ClusterCard {
    /// The cards of all clusters that have rows, in order of their numbers.
    ///
    /// - Parameters:
    ///   - table: The rows that were clustered, in original units.
    ///   - labels: The cluster of each of them.
    ///   - words: How a feature is called when it is high or low.
    public static func cards(
        _ table: FeatureTable, labels: ContiguousArray<Int32>, words: (String) -> FeatureWords = FeatureWords.usual(for:)
    ) -> [ClusterCard] {
        guard let groups = ClusterOrder(labels) else { return [] }
        let matrix = table.matrix
        let means = matrix.columnMeans()
        let deviations = matrix.columnVariances().map { $0.squareRoot() }
        let medians = (0..<matrix.columns).map { median(of: matrix.column($0)) }
        var cards: [ClusterCard] = []
        for (start, end) in zip(groups.starts, groups.starts.dropFirst()) {
            let members = matrix.selecting(rows: groups.order[start..<end])
            let centre = members.columnMeans()
            let traits = (0..<matrix.columns).map { c in
                Trait(
                    feature: table.features[c], mean: centre[c], median: median(of: members.column(c)), populationMean: means[c],
                    populationMedian: medians[c], difference: deviations[c] > 0 ? (centre[c] - means[c]) / deviations[c] : 0)
            }
            // A stable order: equal differences keep the order of the features.
            let order = traits.indices.sorted { a, b in
                let (x, y) = (abs(traits[a].difference), abs(traits[b].difference))
                return x == y ? a < b : x > y
            }
            cards.append(
                ClusterCard(
                    cluster: Int(labels[groups.order[start]]), name: "", size: end - start,
                    share: Double(end - start) / Double(matrix.rows),
                    centre: Array(centre), traits: order.map { traits[$0] }))
        }
        name(&cards, words)
        return cards
    }

    /// A trait is said when it is at least this many standard deviations from everybody's.
    static let noticeable = 0.5
    /// And "very" from here on.
    static let striking = 2.0

    /// Gives each card one or two phrases; clusters that would share a name take further phrases, and numbers at the last.
    private static func name(_ cards: inout [ClusterCard], _ words: (String) -> FeatureWords) {
        let phrases = cards.map { card in
            card.traits.map { trait -> String in
                let words = words(trait.feature)
                return (abs(trait.difference) >= striking ? "very " : "") + (trait.difference > 0 ? words.high : words.low)
            }
        }
        let strong = cards.map { card in card.traits.prefix(2).count { abs($0.difference) >= noticeable } }
        var lengths = strong
        func text(_ i: Int) -> String { lengths[i] == 0 ? "typical" : phrases[i].prefix(lengths[i]).joined(separator: ", ") }
        let most = phrases.first?.count ?? 0
        for _ in 0...most {
            let texts = cards.indices.map(text)
            for i in cards.indices where texts.count(where: { $0.utf8.elementsEqual(texts[i].utf8) }) > 1 {
                let next = lengths[i]
                if next < phrases[i].count, cards[i].traits[next].difference != 0 { lengths[i] += 1 }
            }
        }
        var taken: Set<[UInt8]> = []
        for i in cards.indices {
            var candidate = text(i)
            var number = 2
            while !taken.insert(Array(candidate.utf8)).inserted {
                candidate = "\(text(i)) (\(number))"
                number += 1
            }
            cards[i].name = candidate
        }
    }
}
