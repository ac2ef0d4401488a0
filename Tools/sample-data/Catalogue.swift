import Statistics

/// What the shop sells: products in categories, a few of them popular, each at its price.
struct Catalogue {
    struct Product {
        let category: Int
        /// Price outside sales, in cents.
        let cents: Int
        /// `"product_id":"p-00017","name":"Nord Trail Runner","category":"shoes"`: the members that every mention of it has.
        let fragment: ContiguousArray<UInt8>
    }

    struct Category {
        let name: String
        /// Median price in euros.
        let price: Double
        /// How well it sells from January to December.
        let season: [Double]
        let goods: [String]
    }

    let products: [Product]
    /// Products of each category, dearest first.
    private let byPrice: [[Int]]
    private let popularity: [WeightedChoice]
    private let seasonal: [WeightedChoice]

    static let perCategory = 100
    static let brands = ["Nord", "Alba", "Kite", "Lumo", "Tarn", "Verd", "Oslo & Sons", "Pico", "Rive", "Solis", "Umbra", "Zephyr"]
    static let flat = [Double](repeating: 1, count: 12)
    static let winter = [1.6, 1.3, 0.9, 0.6, 0.4, 0.3, 0.3, 0.5, 1.0, 1.5, 1.9, 2.0]
    static let summer = [0.3, 0.4, 0.7, 1.1, 1.6, 2.0, 2.0, 1.5, 0.8, 0.4, 0.3, 0.4]
    static let gifts = [0.7, 0.9, 0.8, 0.9, 1.0, 0.8, 0.8, 0.8, 0.9, 1.1, 1.8, 2.4]
    static let categories: [Category] = [
        Category(name: "shoes", price: 85, season: flat, goods: ["Trail Runner", "City Sneaker", "Loafer", "Court Shoe"]),
        Category(name: "boots", price: 120, season: winter, goods: ["Ankle Boot", "Hiking Boot", "Snow Boot"]),
        Category(name: "sandals", price: 45, season: summer, goods: ["Beach Sandal", "Cork Sandal", "Trek Sandal"]),
        Category(name: "coats", price: 160, season: winter, goods: ["Wool Coat", "Down Parka", "Rain Coat"]),
        Category(name: "dresses", price: 70, season: summer, goods: ["Linen Dress", "Shirt Dress", "Wrap Dress"]),
        Category(name: "shirts", price: 38, season: flat, goods: ["Oxford Shirt", "Flannel Shirt", "Jersey Top"]),
        Category(name: "trousers", price: 62, season: flat, goods: ["Slim Jeans", "Chino", "Wide Trouser"]),
        Category(name: "knitwear", price: 65, season: winter, goods: ["Merino Jumper", "Cable Cardigan", "Roll Neck"]),
        Category(name: "swimwear", price: 35, season: summer, goods: ["Swim Shorts", "Swimsuit", "Rash Guard"]),
        Category(name: "sportswear", price: 42, season: flat, goods: ["Running Tights", "Training Top", "Yoga Set"]),
        Category(name: "bags", price: 95, season: gifts, goods: ["Day Pack", "Tote", "Weekender"]),
        Category(name: "watches", price: 210, season: gifts, goods: ["Field Watch", "Diver", "Dress Watch"]),
        Category(name: "jewellery", price: 80, season: gifts, goods: ["Silver Ring", "Pearl Earrings", "Chain"]),
        Category(name: "hats", price: 25, season: winter, goods: ["Beanie", "Cap", "Bucket Hat"]),
        Category(name: "books", price: 18, season: gifts, goods: ["Atlas", "Novel", "Cookbook"]),
        Category(name: "toys", price: 28, season: gifts, goods: ["Wooden Train", "Puzzle", "Kite"]),
        Category(name: "kitchen", price: 48, season: gifts, goods: ["Cast Pan", "Chef's Knife", "Teapot"]),
        Category(name: "lighting", price: 75, season: winter, goods: ["Desk Lamp", "Floor Lamp", "Lantern"]),
        Category(name: "garden", price: 40, season: summer, goods: ["Pruner", "Planter", "Hammock"]),
        Category(name: "pets", price: 22, season: flat, goods: ["Dog Bed", "Lead", "Scratching Post"]),
    ]

    init(seed: UInt64) {
        var random = SeededGenerator(seed: mixed(seed, 0x0CA7))
        var products: [Product] = []
        for (number, category) in Self.categories.enumerated() {
            for _ in 0..<Self.perCategory {
                let spread = (random.normal() * 0.5).clamped(to: -1.2...1.4)
                let euros = category.price * (1 + spread * (spread > 0 ? 1.1 : 0.6))
                let cents = max(3, Int(euros)) * 100 - random.pick([1, 5, 10, 100])
                let name = "\(random.pick(Self.brands)) \(random.pick(category.goods)) \(random.integer(in: 1...99))"
                let text = "\"product_id\":\"p-\(padded(products.count, to: 5))\",\"name\":\"\(name)\",\"category\":\"\(category.name)\""
                products.append(Product(category: number, cents: cents, fragment: ContiguousArray(text.utf8)))
            }
        }
        self.products = products
        byPrice = Self.categories.indices.map { category in
            let first = category * Self.perCategory
            return (first..<first + Self.perCategory).sorted { (products[$0].cents, $1) > (products[$1].cents, $0) }
        }
        // Zipf's law over a shuffled order: what sells well is neither dear nor cheap by rule.
        popularity = Self.categories.map { _ in
            WeightedChoice(random.shuffled((0..<Self.perCategory).map { 1 / Double($0 + 3) }))
        }
        seasonal = (0..<12).map { month in WeightedChoice(Self.categories.map { $0.season[month] }) }
    }

    /// A category that the month calls for; `month` from 0.
    func seasonalCategory(month: Int, _ random: inout SeededGenerator) -> Int { seasonal[month].draw(&random) }

    /// A product of `category` for a buyer whose taste runs from -1 (the cheap end) over 0 to 1 (the dear end).
    func product(of category: Int, taste: Double, _ random: inout SeededGenerator) -> Int {
        let rank = popularity[category].draw(&random)
        guard random.chance(taste.magnitude) else { return byPrice[category][rank] }
        let third = rank / 3  // the third of the shelf at the buyer's end
        return byPrice[category][taste > 0 ? third : Self.perCategory - 1 - third]
    }
}

/// A number in decimal with zeros in front.
func padded(_ number: Int, to digits: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
}

extension Comparable {
    func clamped(to range: ClosedRange<Self>) -> Self { min(max(self, range.lowerBound), range.upperBound) }
}
