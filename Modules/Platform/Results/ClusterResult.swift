public import EventModel

/// Groups of profiles that are alike, and what makes each of them so.
public struct ClusterResult: CommandResult {
    /// One feature of one cluster.
    public struct Trait: Sendable, Equatable {
        /// The feature's name, or its value where it has none.
        public var feature: String
        /// The cluster's mean in the feature's own unit.
        public var mean: Double
        /// The mean of everybody clustered.
        public var overall: Double
        /// How many standard deviations of everybody the cluster's mean lies above (or below) the mean of everybody.
        public var deviations: Double
    }

    /// One cluster's card.
    public struct Card: Sendable, Equatable {
        /// From 1, as in the model.
        public var number: Int
        /// A proposed name.
        public var name: String
        /// Profiles in the cluster.
        public var size: Int
        /// Its share of all that were clustered, from 0 to 1.
        public var share: Double
        /// In the order of the features.
        public var traits: [Trait]
        /// The segment it was saved as.
        public var segment: String?
    }

    /// One profile, when the members were asked for.
    public struct Member: Sendable, Equatable {
        /// The profile's canonical id.
        public var id: String
        /// From 1.
        public var cluster: Int
        /// In the order of the features, in their own units.
        public var values: [Double]
    }

    /// `kmeans`.
    public var model: String
    /// Names of the features, or their values, in the order asked for.
    public var features: [String]
    /// How many clusters.
    public var k: Int
    /// Sum of squared distances to the nearest centre, in scaled units.
    public var inertia: Double
    /// Mean silhouette (Rousseeuw 1987); nil for one cluster.
    public var silhouette: Double?
    /// Profiles the silhouette was computed from.
    public var silhouetteProfiles: Int
    /// Davies and Bouldin 1979; lower is better; nil for one cluster.
    public var daviesBouldin: Double?
    /// Profiles that were clustered.
    public var profiles: Int
    /// Profiles that lack a feature and were left out.
    public var leftOut: Int
    /// Largest first.
    public var clusters: [Card]
    /// Ascending by id; empty unless they were asked for.
    public var members: [Member]
    /// On the first two principal components, for the picture; one group a cluster.
    public var scatter: ScatterChart
    /// What it was saved as.
    public var savedAs: String?

    public var json: JSONObject {
        var object = JSONObject([
            "model": .string(model), "k": .integer(Int64(k)), "inertia": .finite(inertia), "silhouette": .finite(silhouette),
            "davies_bouldin": .finite(daviesBouldin),
            "clusters": .array(clusters.map { .object(Self.json($0)) }),
            "features": .list(features), "profiles": .integer(Int64(profiles)), "left_out": .integer(Int64(leftOut)),
            "silhouette_profiles": .integer(Int64(silhouetteProfiles)),
        ])
        if let savedAs { object.set("saved_as", .string(savedAs)) }
        if !members.isEmpty { object.set("members", .array(members.map { .object(json($0)) })) }
        return object
    }
    public var records: [JSONObject] {
        members.isEmpty ? clusters.map { Self.json($0) } : members.map(json)
    }
    public var table: ResultTable {
        if !members.isEmpty {
            return ResultTable(
                [.init("id"), .init("cluster", numeric: true)] + features.map { .init($0, numeric: true) },
                rows: members.map { [.text($0.id), .count($0.cluster)] + $0.values.map { .number($0, digits: 2) } })
        }
        return ResultTable(
            [.init("cluster", numeric: true), .init("name"), .init("size", numeric: true), .init("share", numeric: true)]
                + features.map { .init($0, numeric: true) },
            rows: clusters.map { card in
                [.count(card.number), .text(card.name), .count(card.size), .share(card.share)]
                    + card.traits.map { .number($0.mean, digits: 2) }
            })
    }
    public var notes: [String] {
        var notes = [
            "\(Figures.count(profiles, "profile")) in \(Figures.count(k, "cluster")), inertia \(Figures.fixed(inertia, digits: 2))"
        ]
        if let silhouette { notes[0] += ", silhouette \(Figures.fixed(silhouette, digits: 3))" }
        if let daviesBouldin { notes[0] += ", Davies-Bouldin \(Figures.fixed(daviesBouldin, digits: 3))" }
        notes[0] += "."
        if leftOut > 0 {
            notes.append("\(Figures.count(leftOut, "profile")) lack a feature and were left out; impute=median takes them in.")
        }
        if savedAs != nil { notes.append("Saved as segments: " + clusters.compactMap(\.segment).joined(separator: ", ") + ".") }
        return notes
    }

    public func text(on canvas: Canvas) -> String {
        let notes = notes.map { TerminalText.safe($0) + "\n" }.joined()
        if !members.isEmpty { return table.text(width: canvas.width) + notes }
        var text = ""
        for card in clusters {
            text +=
                "\(card.number)  \(TerminalText.safe(card.name))\n   \(Figures.count(card.size, "profile")) (\(Figures.percent(card.share)))\n"
            for line in card.lines { text += "   \(TerminalText.safe(line))\n" }
        }
        return text + notes
    }

    private static func json(_ card: Card) -> JSONObject {
        let traits = card.traits.map {
            JSONValue.object(
                JSONObject([
                    "feature": .string($0.feature), "mean": .finite($0.mean), "overall": .finite($0.overall),
                    "deviations": .finite($0.deviations),
                ]))
        }
        return JSONObject([
            "cluster": .integer(Int64(card.number)), "name": .string(card.name), "size": .integer(Int64(card.size)),
            "share": .finite(card.share),
            "features": .array(traits), "segment": card.segment.map { .string($0) } ?? .null,
        ])
    }

    private func json(_ member: Member) -> JSONObject {
        JSONObject([
            "id": .string(member.id), "cluster": .integer(Int64(member.cluster)), "values": .array(member.values.map { .finite($0) }),
        ])
    }
}

extension ClusterResult: Drawable {
    public var chart: any Chart { scatter }
}

extension ClusterResult.Card {
    /// One line a feature: the mean, everybody's mean, and how unusual that is.
    public var lines: [String] {
        traits.map { trait in
            let side = trait.deviations >= 0 ? "above" : "below"
            let size = trait.deviations.magnitude
            let unusual =
                size < 0.25 ? "as everybody" : "\(Figures.fixed(size, digits: 1)) sd \(side) everybody's \(Figures.short(trait.overall))"
            return "\(trait.feature): \(Figures.short(trait.mean)), \(unusual)"
        }
    }
}
