import Clustering
import EventModel
import Features
import Foundation
import Rules
import Statistics
import Storage

extension Session {
    /// Clusters, describes the clusters and, where a name was given, saves the model and one segment a cluster.
    func cluster(_ request: ClusterRequest, _ question: Question) throws(CommandError) -> ClusterResult {
        if let name = request.saveAs { try Self.checkName(name) }
        let rows = try question.featureRows(request)
        let fitted = try question.fit(request, rows)
        var result = try question.describe(fitted, rows, listsMembers: request.listsMembers)
        if let name = request.saveAs { try save(name, request, fitted, rows, question, into: &result) }
        return result
    }

    private func save(
        _ name: String, _ request: ClusterRequest, _ fitted: FittedClusters, _ rows: FeatureRows, _ question: Question,
        into result: inout ClusterResult
    ) throws(CommandError) {
        let model = try attempt {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return Definition(kind: .model, name: name, body: String(decoding: try encoder.encode(fitted.model), as: UTF8.self))
        }
        var definitions = [model]
        for index in result.clusters.indices {
            let cluster = result.clusters[index].number - 1
            var body = fitted.model.expression(of: cluster, values: rows.features.map(\.numberText))
            if let filter = request.filter { body = "\(enclosed(filter)) and \(body)" }
            let segment = "\(name)-\(cluster + 1)"
            // The name holds texts of features, which may go over several lines; a comment may not.
            let title = result.clusters[index].name.split(whereSeparator: \.isNewline).joined(separator: " ")
            body = "# \(title)\n\(body)"
            _ = try question.rule(body, source: .segment(segment))
            result.clusters[index].segment = segment
            definitions.append(Definition(kind: .segment, name: segment, body: body))
        }
        if request.missing == .median {
            question.warn("A segment cannot fill in what is missing: profiles that lack a feature are in none of the saved segments.")
        }
        try save(definitions, interruption: question.interruption)
        result.savedAs = name
    }
}

extension Question {
    /// The cards, figures and picture of fitted clusters.
    func describe(_ fitted: FittedClusters, _ rows: FeatureRows, listsMembers: Bool) throws(CommandError) -> ClusterResult {
        let places = Dictionary(uniqueKeysWithValues: fitted.table.features.enumerated().map { (Array($1.utf8), $0) })
        let cards = ClusterCard.cards(fitted.table, labels: fitted.labels, words: Self.words(for:)).sorted {
            $0.size != $1.size ? $0.size > $1.size : $0.cluster < $1.cluster
        }
        let clusters = cards.map { card in
            let traits = card.traits.sorted { places[Array($0.feature.utf8)] ?? 0 < places[Array($1.feature.utf8)] ?? 0 }
            return ClusterResult.Card(
                number: card.cluster + 1, name: card.name, size: card.size, share: card.share,
                traits: traits.map {
                    .init(feature: $0.feature, mean: $0.mean, overall: $0.populationMean, deviations: $0.difference)
                })
        }
        var members: [ClusterResult.Member] = []
        if listsMembers {
            let ids = try attempt { try snapshot.canonicalIDs() }
            members = rows.profiles.enumerated().map { row, profile in
                .init(id: ids[profile], cluster: Int(fitted.labels[row]) + 1, values: Array(fitted.table.matrix.row(row)))
            }
            members.sort { $0.id.precedesByScalars($1.id) }
        }
        let model = fitted.model
        return ClusterResult(
            model: model.algorithm, features: model.features, k: model.clusters, inertia: model.inertia, silhouette: model.silhouette,
            silhouetteProfiles: min(model.rows, Silhouette.comfortableRows), daviesBouldin: model.daviesBouldin, profiles: model.rows,
            leftOut: model.leftOut, clusters: clusters, members: members, scatter: Self.scatter(fitted, names: clusters))
    }

    /// How people say that a usual feature is high or low; "very" may stand before each.
    private static func words(for feature: String) -> FeatureWords {
        switch feature {
        case "days_since_order": FeatureWords(high: "long since an order", low: "recently ordered")
        case "days_since_seen": FeatureWords(high: "long unseen", low: "recently seen")
        case "days_between_orders": FeatureWords(high: "slow to return", low: "quick to return")
        case "orders": FeatureWords(high: "many orders", low: "few orders")
        case "revenue": FeatureWords(high: "high spend", low: "low spend")
        case "average_order": FeatureWords(high: "large orders", low: "small orders")
        default: FeatureWords.usual(for: feature)
        }
    }

    /// The clusters on the first two principal components of the scaled rows; every n-th row where there are many.
    private static func scatter(_ fitted: FittedClusters, names: [ClusterResult.Card]) -> ScatterChart {
        let scaled = fitted.scaled
        let title = "Profiles on two principal components"
        guard scaled.rows >= 2 else { return ScatterChart(title: title, xAxis: "first", yAxis: "second", groups: []) }
        let components = PrincipalComponents(of: scaled, count: min(2, scaled.columns))
        let step = max(1, scaled.rows / 20_000)
        let drawn = Array(stride(from: 0, to: scaled.rows, by: step))
        let places = components.transform(scaled.selecting(rows: drawn))
        let centres = components.transform(Matrix(fitted.model.centres))
        func point(_ matrix: Matrix, _ row: Int) -> (x: Double, y: Double) {
            (matrix[row, 0], matrix.columns > 1 ? matrix[row, 1] : 0)
        }
        var points = [[(x: Double, y: Double)]](repeating: [], count: fitted.model.clusters)
        for (place, row) in drawn.enumerated() { points[Int(fitted.labels[row])].append(point(places, place)) }
        let groups = (0..<fitted.model.clusters).map { cluster in
            ScatterChart.Group(
                names.first { $0.number == cluster + 1 }?.name ?? "empty", points: points[cluster], centre: point(centres, cluster))
        }
        let shares = components.varianceShares
        func axis(_ word: String, _ index: Int) -> String {
            shares.count > index ? "\(word) component (\(Figures.percent(shares[index])) of the variance)" : ""
        }
        return ScatterChart(title: title, xAxis: axis("first", 0), yAxis: axis("second", 1), groups: groups)
    }
}
