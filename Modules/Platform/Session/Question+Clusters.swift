import Clustering
import EventModel
import Features
import Rules
import Statistics
import Storage

/// Profiles as rows of numbers, ready to be clustered.
struct FeatureRows {
    let features: [ValueFeature]
    let table: FeatureTable
    /// Profile number of each row of the table; shape `[rows]`.
    let profiles: [Int]
}

extension Question {
    /// Rows up to which every row takes part in the choice of k; of more, so many are drawn evenly.
    static let rowsForChoice = 50_000
    /// The numbers of clusters that are tried.
    static let triedCounts = 2...10

    /// The features of the profiles that are asked for.
    func featureRows(_ request: ClusterRequest) throws(CommandError) -> FeatureRows {
        try request.checkFeatures()
        let features = try request.features.map { text throws(CommandError) in try feature(text) }
        let filter = try request.filter.map { text throws(CommandError) in try members(of: rule(text)) }
        var columns = try attempt { try extract(features) }
        var profiles = Array(0..<snapshot.profileCount)
        if let filter {
            profiles = Array(filter.members)
            columns = columns.map { column in ContiguousArray(profiles.map { column[$0] }) }
        }
        guard !profiles.isEmpty else { throw CommandError(.data, "No profile is left to cluster. Widen the `where`.") }
        let missing: FeatureTable.Missing = request.missing == .median ? .median : .leaveOut
        let table = try attempt { try FeatureTable(features: features.map(\.name), columns: columns, missing: missing) }
        return FeatureRows(features: features, table: table, profiles: table.origins.map { profiles[$0] })
    }

    /// A value of the language, the name of a saved feature, or a name that most shops ask for (`orders`, `revenue`, ...).
    private func feature(_ text: String) throws(CommandError) -> ValueFeature {
        if let saved = definition(.feature, text) {
            return try attempt { try ValueFeature(Self.spelled([saved.name], before: "feature"), name: saved.name, checker: checker) }
        }
        if let usual = StandardFeatures.definitions().first(where: { $0.name.sameScalars(as: text) }) {
            return try attempt { try ValueFeature(usual.body, name: usual.name, checker: checker) }
        }
        let formula = try formula(text)
        return try attempt { try ValueFeature(text, formula: formula) }
    }

    /// Fits clusters to the rows; chooses their number first where it was left to us.
    func fit(_ request: ClusterRequest, _ rows: FeatureRows) throws(CommandError) -> FittedClusters {
        let k: Int
        switch request.count {
        case .fixed(let count): k = count
        case .auto: k = try choose(request, rows, from: Self.triedCounts).chosen
        }
        try interruption.check()
        return try attempt {
            try FittedClusters(
                rows.table, with: KMeans(clusters: k), scaling: request.scaling, seed: request.seed, threads: threads)
        }
    }

    /// Inertia and silhouette for each number of clusters.
    func choose(_ request: ClusterRequest, _ rows: FeatureRows, from range: ClosedRange<Int>) throws(CommandError) -> ClusterCountChoice {
        var matrix = FeatureScaling(request.scaling, fitting: rows.table.matrix).transform(rows.table.matrix)
        let step = max(1, (matrix.rows + Self.rowsForChoice - 1) / Self.rowsForChoice)
        if step > 1 { matrix = matrix.selecting(rows: Array(stride(from: 0, to: matrix.rows, by: step))) }
        let sample = matrix
        var candidates: [ClusterCountCandidate] = []
        for k in range where k <= matrix.rows {
            try interruption.check()
            candidates += try attempt {
                try KMeans(clusters: k, restarts: 4).chooseClusters(sample, from: k...k, seed: request.seed, threads: threads).candidates
            }
        }
        guard !candidates.isEmpty else {
            throw CommandError(.data, "\(matrix.rows) profiles cannot make \(range.lowerBound) clusters. Widen the `where`.")
        }
        return ClusterCountChoice(judging: candidates)
    }

    func curve(_ request: ClusterRequest, measure: CurveResult.Measure) throws(CommandError) -> CurveResult {
        let rows = try featureRows(request)
        let choice = try choose(request, rows, from: measure == .inertia ? 1...Self.triedCounts.upperBound : Self.triedCounts)
        return CurveResult(choice, measure: measure, profiles: rows.table.matrix.rows, leftOut: rows.table.leftOut)
    }

    func components(_ request: ClusterRequest) throws(CommandError) -> ComponentsResult {
        let rows = try featureRows(request)
        guard rows.table.matrix.rows >= 2 else { throw CommandError(.data, "Components need two profiles at least. Widen the `where`.") }
        let scaled = FeatureScaling(request.scaling, fitting: rows.table.matrix).transform(rows.table.matrix)
        let found = PrincipalComponents(of: scaled, count: scaled.columns)
        let components = found.varianceShares.indices.map {
            ComponentsResult.Component(explained: found.varianceShares[$0], loadings: Array(found.components.row($0)))
        }
        return ComponentsResult(
            features: rows.table.features, components: components, profiles: scaled.rows, leftOut: rows.table.leftOut)
    }
}

extension ClusterRequest {
    /// Refuses a feature that is named twice: it would count twice in every distance.
    func checkFeatures() throws(CommandError) {
        var seen: Set<[UInt8]> = []
        for feature in features where !seen.insert(Array(feature.utf8)).inserted {
            throw CommandError(.usage, "The feature \(feature) is named twice. Name it once.")
        }
    }

    var scaling: FeatureScaling.Method { scale == .zscore ? .zscore : .minmax }
}

extension CurveResult {
    init(_ choice: ClusterCountChoice, measure: Measure, profiles: Int, leftOut: Int) {
        self.init(
            measure: measure,
            points: choice.candidates.map { Point(k: $0.clusters, inertia: $0.inertia, silhouette: $0.silhouette) },
            best: measure == .inertia ? choice.elbow : choice.chosen, profiles: profiles, leftOut: leftOut)
    }
}
