import EventModel

/// Writes records as Segment messages, one JSON object a line, straight into bytes.
struct MessageText {
    var bytes = ContiguousArray<UInt8>()
    private let people: [Person]
    private let catalogue: Catalogue
    private let timelines: Timelines
    private let seed: UInt64
    private let pages: [ContiguousArray<UInt8>]
    private let campaigns: [ContiguousArray<UInt8>]
    private let places: [ContiguousArray<UInt8>]

    init(shop: Shop) {
        (people, catalogue, timelines, seed) = (shop.people, shop.catalogue, shop.timelines, mixed(shop.settings.seed, 0x1D5))
        pages = Page.all.map {
            ContiguousArray("\"category\":\"\($0.category)\",\"name\":\"\($0.name)\",\"properties\":{\"path\":\"\($0.path)\"}".utf8)
        }
        campaigns = Campaign.all.map {
            ContiguousArray(",\"campaign\":{\"source\":\"\($0.source)\",\"medium\":\"\($0.medium)\",\"name\":\"\($0.name)\"}".utf8)
        }
        places = Place.all.map {
            ContiguousArray("\"locale\":\"\($0.locale)\",\"location\":{\"country\":\"\($0.country)\",\"city\":\"\($0.city)\"}".utf8)
        }
        bytes.reserveCapacity(1 << 20 + 1 << 16)
    }

    /// Appends one line. `number` makes the message's id.
    mutating func append(_ record: Record, number: Int) {
        let person = people[Int(record.person)]
        put("{\"type\":\"")
        put(type(of: record))
        put("\",\"messageId\":\"")
        putUUID(mixed(seed, UInt64(number) << 1), mixed(seed, UInt64(number) << 1 | 1))
        put("\",\"timestamp\":\"")
        Instant(milliseconds: record.time).append(to: &bytes)
        put("\",")
        putIdentity(record, person)
        putBody(record, person)
        putContext(record, person)
        put("}\n")
    }

    private func type(of record: Record) -> StaticString {
        switch record.kind {
        case .page: "page"
        case .screen: "screen"
        case .identify, .upgrade, .consent: "identify"
        case .group: "group"
        case .alias: "alias"
        default: "track"
        }
    }

    // MARK: Who

    private mutating func putIdentity(_ record: Record, _ person: Person) {
        if record.identity == .user || record.identity == .both {
            put("\"userId\":\"u-")
            put(person.index, digits: 7)
            put("\",")
        }
        if record.identity != .user {
            put("\"anonymousId\":\"a-")
            putHex(record.identity == .secondDevice ? person.anonymousKeys.1 : person.anonymousKeys.0)
            put("\",")
        }
    }

    private mutating func putTraits(_ person: Person) {
        let (first, last) = (Person.firstNames[person.firstName], Person.lastNames[person.lastName])
        put("\"traits\":{\"email\":\"customer")
        put(person.index, digits: 7)
        put("@example.com\",\"firstName\":")
        JSONText.append(string: first, to: &bytes)
        put(",\"lastName\":")
        JSONText.append(string: last, to: &bytes)
        put(",\"plan\":")
        JSONText.append(string: Person.plans[person.plan], to: &bytes)
        put(",\"country\":")
        JSONText.append(string: person.place.country, to: &bytes)
        put(",\"city\":")
        JSONText.append(string: person.place.city, to: &bytes)
        put(",\"age\":")
        JSONText.append(Int64(person.age), to: &bytes)
        put(",\"createdAt\":\"")
        person.created.append(to: &bytes)
        put("\",\"latitude\":")
        JSONText.append(person.latitude, to: &bytes)
        put(",\"longitude\":")
        JSONText.append(person.longitude, to: &bytes)
        put("}")
    }

    // MARK: What

    private mutating func putBody(_ record: Record, _ person: Person) {
        switch record.kind {
        case .page, .screen: bytes.append(contentsOf: pages[Int(record.subject)])
        case .scroll:
            put("\"event\":\"Page Scrolled\",\"properties\":{\"path\":\"")
            bytes.append(contentsOf: Page.all[Int(record.subject)].path.utf8)
            put("\",\"depth\":")
            JSONText.append(Int64(record.cents), to: &bytes)
            put("}")
        case .search:
            put("\"event\":\"Products Searched\",\"properties\":{\"query\":\"")
            putCategory(record.subject)
            put("\",\"category\":\"")
            putCategory(record.subject)
            put("\",\"results\":")
            JSONText.append(Int64(record.cents), to: &bytes)
            put("}")
        case .list:
            put("\"event\":\"Product List Viewed\",\"properties\":{\"category\":\"")
            putCategory(record.subject)
            put("\"}")
        case .view, .wish:
            put(
                record.kind == .view
                    ? "\"event\":\"Product Viewed\",\"properties\":{" : "\"event\":\"Product Added to Wishlist\",\"properties\":{")
            bytes.append(contentsOf: catalogue.products[Int(record.subject)].fragment)
            put(",\"price\":")
            put(cents: Int(record.cents))
            put("}")
        case .add, .remove:
            put(record.kind == .add ? "\"event\":\"Product Added\",\"properties\":{" : "\"event\":\"Product Removed\",\"properties\":{")
            for line in timelines.products(of: record) { put(line) }
            put("}")
        case .cart:
            put("\"event\":\"Cart Viewed\",\"properties\":{\"value\":")
            put(cents: total(of: record))
            put(",\"products\":")
            putProducts(of: record)
            put("}")
        case .checkout:
            put("\"event\":\"Checkout Started\",\"properties\":{\"value\":")
            put(cents: total(of: record))
            put(",\"currency\":\"EUR\",\"products\":")
            putProducts(of: record)
            put("}")
        case .order: putOrder(record)
        case .refund:
            put("\"event\":\"Order Refunded\",\"properties\":{\"order_id\":\"o-")
            put(Int(record.subject), digits: 7)
            put("\",\"revenue\":")
            put(cents: total(of: record))
            put(",\"currency\":\"EUR\",\"products\":")
            putProducts(of: record)
            put("}")
        case .opened, .clicked:
            put(record.kind == .opened ? "\"event\":\"Email Opened\"" : "\"event\":\"Email Link Clicked\"")
            put(",\"properties\":{\"email_id\":\"weekly-")
            put(Int(record.subject), digits: 2)
            put("\"}")
        case .identify: putTraits(person)
        case .upgrade:
            put("\"traits\":{\"plan\":")
            JSONText.append(string: Person.plans[Int(record.subject)], to: &bytes)
            put("}")
        case .consent: put("\"traits\":{}")
        case .group:
            put("\"groupId\":\"g-")
            put(Int(record.subject), digits: 5)
            put("\",\"traits\":{\"name\":\"")
            bytes.append(contentsOf: Person.lastNames[Int(record.subject) % Person.lastNames.count].utf8)
            put(record.subject % 3 == 0 ? " Ltd\",\"kind\":\"company\"}" : "\",\"kind\":\"family\"}")
        case .alias:
            put("\"previousId\":\"a-")
            putHex(person.anonymousKeys.1)
            put("\"")
        }
    }

    private mutating func putOrder(_ record: Record) {
        let products = timelines.products(of: record)
        let revenue = total(of: record)
        let listed = products.reduce(0) { $0 + catalogue.products[Int($1.product)].cents * Int($1.quantity) }
        let shipping = revenue >= 6_000 ? 0 : 495
        put("\"event\":\"Order Completed\",\"properties\":{\"order_id\":\"o-")
        put(Int(record.subject), digits: 7)
        put("\",\"revenue\":")
        put(cents: revenue)
        put(",\"shipping\":")
        put(cents: shipping)
        put(",\"discount\":")
        put(cents: listed - revenue)
        put(",\"total\":")
        put(cents: revenue + shipping)
        put(record.coupon > 0 ? ",\"coupon\":\"TAKE10\",\"currency\":\"EUR\",\"products\":" : ",\"currency\":\"EUR\",\"products\":")
        putProducts(of: record)
        put("}")
    }

    private mutating func putProducts(of record: Record) {
        put("[")
        var isFirst = true
        for line in timelines.products(of: record) {
            put(isFirst ? "{" : ",{")
            put(line)
            put("}")
            isFirst = false
        }
        put("]")
    }

    private mutating func put(_ line: Line) {
        bytes.append(contentsOf: catalogue.products[Int(line.product)].fragment)
        put(",\"price\":")
        put(cents: Int(line.cents))
        put(",\"quantity\":")
        JSONText.append(Int64(line.quantity), to: &bytes)
    }

    private func total(of record: Record) -> Int {
        timelines.products(of: record).reduce(0) { $0 + Int($1.cents) * Int($1.quantity) }
    }

    private mutating func putCategory(_ category: UInt32) { bytes.append(contentsOf: Catalogue.categories[Int(category)].name.utf8) }

    // MARK: Where and how

    private mutating func putContext(_ record: Record, _ person: Person) {
        if record.kind == .alias || record.kind == .group { return }
        put(",\"context\":{\"device\":{\"type\":\"")
        put(record.device.word)
        put("\"},")
        bytes.append(contentsOf: places[person.placeIndex])
        if record.campaign != 255 { bytes.append(contentsOf: campaigns[Int(record.campaign)]) }
        if record.kind == .identify || record.kind == .consent {
            let consent = record.kind == .identify ? person.consent : UInt8(record.subject)
            put(",\"consent\":{\"categoryPreferences\":{")
            for (bit, purpose) in Person.purposes.enumerated() {
                put(bit == 0 ? "\"" : ",\"")
                bytes.append(contentsOf: purpose.utf8)
                put(consent >> UInt8(bit) & 1 == 1 ? "\":true" : "\":false")
            }
            put("}}")
        }
        put("}")
    }

    // MARK: Pieces

    private mutating func put(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func put(cents: Int) { JSONText.append(Double(cents) / 100, to: &bytes) }

    private mutating func put(_ number: Int, digits: Int) {
        var unit = 1
        for _ in 1..<digits { unit *= 10 }
        if number >= unit * 10 { return JSONText.append(Int64(number), to: &bytes) }
        var rest = number
        while unit > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(rest / unit))
            rest %= unit
            unit /= 10
        }
    }

    private mutating func putHex(_ number: UInt64, digits: Range<Int> = 0..<16) {
        for digit in digits {
            let four = UInt8(number >> UInt64(60 - 4 * digit) & 15)
            bytes.append(four < 10 ? UInt8(ascii: "0") + four : UInt8(ascii: "a") + four - 10)
        }
    }

    /// A random UUID (RFC 9562, version 4) of the bits given.
    private mutating func putUUID(_ high: UInt64, _ low: UInt64) {
        let high = high & ~0xF000 | 0x4000
        let low = low & ~(3 << 62) | 2 << 62
        putHex(high, digits: 0..<8)
        put("-")
        putHex(high, digits: 8..<12)
        put("-")
        putHex(high, digits: 12..<16)
        put("-")
        putHex(low, digits: 0..<4)
        put("-")
        putHex(low, digits: 4..<16)
    }
}
