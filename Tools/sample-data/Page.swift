/// A page of the shop; a screen of its app has the same name.
struct Page: Sendable {
    let name: String
    let category: String
    let path: String

    static let fixed = [
        Page(name: "Home", category: "Shop", path: "/"), Page(name: "Sale", category: "Shop", path: "/sale"),
        Page(name: "New in", category: "Shop", path: "/new"), Page(name: "Account", category: "Account", path: "/account"),
        Page(name: "Help", category: "Service", path: "/help"),
    ]
    /// The fixed pages, then one for each category of the catalogue.
    static let all =
        fixed
        + Catalogue.categories.map {
            Page(name: $0.name.prefix(1).uppercased() + $0.name.dropFirst(), category: "Shop", path: "/c/\($0.name)")
        }
}
