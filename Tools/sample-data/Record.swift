/// One message before it is written: numbers only, so that a million of them sort and print quickly.
struct Record {
    enum Kind: UInt8 {
        case page, screen, scroll, search, list, view, add, remove, wish, cart, checkout, order, refund, opened, clicked
        case identify, upgrade, consent, group, alias
    }

    /// Which ids the message carries.
    enum Identity: UInt8 {
        case user, anonymous, both
        /// The second device, before it was known to be theirs.
        case secondDevice
    }

    enum Device: UInt8 {
        case mobile, desktop, tablet
        var word: StaticString {
            switch self {
            case .mobile: "mobile"
            case .desktop: "desktop"
            case .tablet: "tablet"
            }
        }
    }

    /// Milliseconds since the epoch.
    var time: Int64
    var person: UInt32
    var kind: Kind
    var identity: Identity = .user
    var device: Device = .desktop
    /// Index into `Campaign.all`; none where it is 255.
    var campaign: UInt8 = 255
    /// What the kind needs: a page, a category, a product, an order's number, a depth.
    var subject: UInt32 = 0
    /// Price in cents where there is one.
    var cents: UInt32 = 0
    /// The products of a basket, an order or a refund: a range of `Timelines.lines`.
    var firstLine: UInt32 = 0
    var lineCount: UInt8 = 0
    /// Percent off at a coupon, for an order.
    var coupon: UInt8 = 0
}

/// One product of a basket or an order.
struct Line {
    var product: UInt16
    var quantity: UInt8
    /// Price of one, in cents, as paid.
    var cents: UInt32
}

/// Where a visit came from.
struct Campaign: Sendable {
    let source: String
    let medium: String
    let name: String
    let weight: Double

    static let all = [
        Campaign(source: "google", medium: "cpc", name: "brand", weight: 10),
        Campaign(source: "google", medium: "cpc", name: "shopping", weight: 9),
        Campaign(source: "instagram", medium: "social", name: "lookbook", weight: 7),
        Campaign(source: "partner", medium: "affiliate", name: "blog", weight: 4),
        Campaign(source: "bing", medium: "cpc", name: "brand", weight: 2),
        Campaign(source: "newsletter", medium: "email", name: "weekly", weight: 0),
    ]
    static let choice = WeightedChoice(all.map(\.weight))
    static let newsletter = UInt8(5)
}
