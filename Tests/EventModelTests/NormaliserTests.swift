import EventModel
import Testing

@Suite struct NormaliserTests {
    // RFC 5321 and RFC 5322: lengths of 4.5.3.1, dot-atoms of 3.2.3; RFC 2606's domains.
    @Test(arguments: [
        ("ada@example.com", "ada@example.com"),
        ("  Ada.Lovelace@Example.COM\n", "ada.lovelace@example.com"),
        ("O'Hara+News!#$%&*/=?^_`{|}~-@mail.example.co.uk", "o'hara+news!#$%&*/=?^_`{|}~-@mail.example.co.uk"),
        ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
        ("ada@4you.example", "ada@4you.example"),
        ("ada.@example.com", nil), (".ada@example.com", nil), ("a..b@example.com", nil), ("ada@example", nil), ("ada@@example.com", nil),
        ("ada example.com", nil), ("@example.com", nil), ("ada@", nil), ("ada@-x.example", nil), ("ada@x-.example", nil), ("ada@a..b", nil),
        ("ada@192.0.2.1", nil), ("ada@[192.0.2.1]", nil), (#""ada l"@example.com"#, nil), ("Ada <ada@example.com>", nil),
        ("a b@example.com", nil), ("ädä@example.com", nil), ("ada@bücher.example", nil), ("ada@example.com.", nil), ("", nil),
        ("ada,eve@example.com", nil), ("ada@exa_mple.com", nil),
    ])
    func `e-mail addresses`(written: String, normal: String?) { #expect(EmailRule().normalised(written) == normal) }

    @Test func `e-mail addresses keep the lengths of RFC 5321`() {
        func letters(_ count: Int) -> String { String(repeating: "a", count: count) }
        #expect(EmailRule().normalised(letters(64) + "@example.com") != nil)
        #expect(EmailRule().normalised(letters(65) + "@example.com") == nil)
        #expect(EmailRule().normalised("a@\(letters(63)).com") != nil)
        #expect(EmailRule().normalised("a@\(letters(64)).com") == nil)
        // 254 bytes in all, and one more.
        #expect(EmailRule().normalised("\(letters(62))@\(letters(63)).\(letters(63)).\(letters(63))") != nil)
        #expect(EmailRule().normalised("\(letters(63))@\(letters(63)).\(letters(63)).\(letters(63))") == nil)
    }

    @Test func `dots and tags are only ignored where that is set`() {
        let rule = EmailRule(ignoringDots: ["gmail.com"], ignoringTags: ["gmail.com", "example.com"])
        #expect(rule.normalised("Ada.L+shop@Gmail.com") == "adal@gmail.com")
        #expect(rule.normalised("Ada.L+shop@example.com") == "ada.l@example.com")
        #expect(rule.normalised("Ada.L+shop@example.org") == "ada.l+shop@example.org")
        #expect(rule.normalised("+shop@gmail.com") == nil)
    }

    // Numbers of fiction: Ofcom's 020 7946 0xxx, the North American plan's 555-01xx; others of the countries' own examples.
    @Test(
        arguments: [
            ("+43 660 1234567", nil, "+436601234567"), ("0043-660-1234567", nil, "+436601234567"),
            ("+43 (0)660 / 123 45 67", nil, "+436601234567"),
            ("0043 (0) 660 1234567", nil, "+436601234567"), ("+430660 1234567", nil, "+436601234567"),
            ("tel:+43-660-1234567", nil, "+436601234567"),
            ("0660 1234567", 43, "+436601234567"), ("(0660) 123.45.67", 43, "+436601234567"),
            ("020 7946 0123", 44, "+442079460123"), ("+44 20 7946 0123", 43, "+442079460123"),
            ("030\u{A0}1234\u{2011}567", 49, "+49301234567"),
            ("(202) 555-0123", 1, "+12025550123"), ("1-202-555-0123", 1, "+12025550123"), ("011 44 20 7946 0123", 1, "+442079460123"),
            ("06 1234 5678", 39, "+390612345678"), ("+39 06 1234 5678", nil, "+390612345678"), ("612 345 678", 34, "+34612345678"),
            ("06 30 123 4567", 36, "+36301234567"), ("8 912 345-67-89", 7, "+79123456789"), ("812 345-67-89", 7, "+78123456789"),
            ("(011) 91234-5678", 55, "+5511912345678"), ("11 91234-5678", 55, "+5511912345678"), ("80 29 1234567", 375, "+375291234567"),
            ("22 12 34 56", 47, "+4722123456"),
            ("0660 1234567", nil, nil), ("660 1234567", 43, nil), ("436601234567", 43, nil), ("+43 00660 1234567", nil, nil),
            ("+43 12 34", nil, nil),
            ("+43 660 1234567 89012", nil, nil), ("+999 123 4567", nil, nil), ("+210 123 4567", nil, nil), ("555-0123", 1, nil),
            ("+1 102 555 0123", nil, nil),
            ("+1 202 155 0123", nil, nil), ("0660 1234567 ext. 5", 43, nil), ("0660-CALLME", 43, nil), ("++43 660 1234567", nil, nil),
            ("+", nil, nil), ("", 43, nil),
            ("112", 43, nil), ("٠٦٦٠١٢٣٤٥٦٧", 43, nil),
        ] as [(String, Int?, String?)])
    func `telephone numbers`(written: String, code: Int?, normal: String?) {
        #expect(PhoneRule(callingCode: code).normalised(written) == normal)
    }

    @Test(
        arguments: [
            ("2026-06-30", "2026-06-30T00:00:00.000Z"), ("2026-06-30T14:05:09+02:00", "2026-06-30T12:05:09.000Z"),
            ("20260630", "2026-06-30T00:00:00.000Z"), ("20260630T1405Z", "2026-06-30T14:05:00.000Z"),
            ("20260630T140509.5+0200", "2026-06-30T12:05:09.500Z"),
            ("2026-181", "2026-06-30T00:00:00.000Z"), ("2026-W27-2", "2026-06-30T00:00:00.000Z"),
            ("2026W272T12:00", "2026-06-30T12:00:00.000Z"),
            ("2009-W01-1", "2008-12-29T00:00:00.000Z"), ("2009-W53-7", "2010-01-03T00:00:00.000Z"),  // ISO 8601's own examples
            ("1782777600", "2026-06-30T00:00:00.000Z"), ("1782777600123", "2026-06-30T00:00:00.123Z"),
            ("30 June 2026", "2026-06-30T00:00:00.000Z"), ("June 30th, 2026", "2026-06-30T00:00:00.000Z"),
            ("30-Jun-2026", "2026-06-30T00:00:00.000Z"),
            ("Jun. 30, 2026 2:05 PM", "2026-06-30T14:05:00.000Z"), ("30. June 2026, 12:05am", "2026-06-30T00:05:00.000Z"),
            ("2026 Sept 1", "2026-09-01T00:00:00.000Z"),
            ("Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37.000Z"),  // RFC 9110, section 5.6.7
            ("Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37.000Z"),
            ("Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T15:55:06.000Z"),  // RFC 5322
            ("Tue Jun 30 2026 14:00:00 GMT+0200 (CEST)", "2026-06-30T12:00:00.000Z"),
            ("2026/6/30", "2026-06-30T00:00:00.000Z"), ("2026/06/30 2:05 pm", "2026-06-30T14:05:00.000Z"),
            ("30.06.2026", "2026-06-30T00:00:00.000Z"),
            ("6/30/2026", "2026-06-30T00:00:00.000Z"), ("04/04/2026", "2026-04-04T00:00:00.000Z"),
            ("03/04/2026", nil), ("3.4.2026", nil), ("30/06/26", nil), ("30 Juni 2026", nil), ("June 2026", nil), ("2026", nil),
            ("2026-06", nil), ("2026-W27", nil),
            ("31 June 2026", nil), ("2026-366", nil), ("2026-W54-1", nil), ("2025-W53-1", nil), ("Mon, 30 Jun 2026", nil), ("14:05", nil),
            ("30 June 2026 25:00", nil),
            ("30 June 2026 13:05 pm", nil), ("30 June 2026 12:00 CET", nil), ("30 June 30 2026", nil), ("30/06.2026", nil),
            ("18991231", nil), ("17827776000", nil),
            ("yesterday", nil), ("", nil), ("2026-06-30T24:00:00Z", nil),
        ] as [(String, String?)])
    func `dates without doubt`(written: String, normal: String?) { #expect(DateRule().normalised(.string(written)) == normal) }

    @Test func `days and months are told apart where their order is set`() {
        #expect(DateRule(order: .dayFirst).normalised(.string("03/04/2026")) == "2026-04-03T00:00:00.000Z")
        #expect(DateRule(order: .monthFirst).normalised(.string("03/04/2026")) == "2026-03-04T00:00:00.000Z")
        #expect(DateRule(order: .monthFirst).normalised(.string("30/06/2026")) == nil)
        #expect(DateRule(order: .dayFirst, form: .day).normalised(.string("3.4.2026 23:59")) == "2026-04-03")
    }

    @Test(
        arguments: [
            (JSONValue.integer(0), "1970-01-01T00:00:00.000Z"), (.integer(1_782_777_600), "2026-06-30T00:00:00.000Z"),
            (.integer(1_782_777_600_123), "2026-06-30T00:00:00.123Z"), (.number(1_782_777_600.5), "2026-06-30T00:00:00.500Z"),
            (.integer(-1), "1969-12-31T23:59:59.000Z"), (.integer(99_999_999_999), "5138-11-16T09:46:39.000Z"),
            (.integer(100_000_000_000), "1973-03-03T09:46:40.000Z"),
            (.integer(.max), nil), (.integer(.min), nil), (.number(1e300), nil), (.integer(999_999_999_999_999), nil), (.bool(true), nil),
            (.null, nil),
        ] as [(JSONValue, String?)])
    func `epochs`(number: JSONValue, normal: String?) { #expect(DateRule().normalised(number) == normal) }

    @Test(
        arguments: [
            ("EUR", "EUR"), (" eur ", "EUR"), ("€", "EUR"), ("US$", "USD"), ("zł", "PLN"), ("₹", "INR"), ("XCG", "XCG"), ("hrk", "HRK"),
            ("$", nil), ("£", nil), ("¥", nil), ("kr", nil), ("EURO", nil), ("XXX", nil), ("XAU", nil), ("ABC", nil), ("", nil),
        ] as [(String, String?)])
    func `currencies`(written: String, code: String?) { #expect(CurrencyRule().normalised(written) == code) }

    @Test func `signs of one's own mean what is set`() {
        let rule = CurrencyRule(signs: ["$": "USD", "Pound": "GBP"])
        #expect(rule.normalised("$") == "USD")
        #expect(rule.normalised(" pound") == "GBP")
        #expect(rule.normalised("£") == nil)
    }

    @Test(
        arguments: [
            ("AT", "AT"), ("at", "AT"), ("AUT", "AT"), (" Austria ", "AT"), ("usa", "US"), ("United States of America", "US"),
            ("U.S.A.", "US"), ("UK", "GB"),
            ("The Netherlands", "NL"), ("Côte d\u{2019}Ivoire", "CI"), ("cote d'ivoire", "CI"), ("Co\u{302}te d'Ivoire", "CI"),
            ("Curacao", "CW"),
            ("Trinidad & Tobago", "TT"), ("Guinea-Bissau", "GW"), ("Guinea", "GN"), ("Niger", "NE"), ("Nigeria", "NG"),
            ("South Korea", "KR"), ("Türkiye", "TR"),
            ("Czech Republic", "CZ"), ("Democratic Republic of the Congo", "CD"), ("Congo", "CG"), ("São Tomé and Príncipe", "ST"),
            ("Reunion", "RE"),
            ("Österreich", nil), ("XX", nil), ("EU", nil), ("Atlantis", nil), ("", nil), ("the", nil),
        ] as [(String, String?)])
    func `countries`(written: String, code: String?) { #expect(CountryRule().normalised(written) == code) }

    @Test func `names of one's own mean what is set`() {
        let rule = CountryRule(names: ["Österreich": "AT", "Kosovo": "XK"])
        #expect(rule.normalised("ÖSTERREICH") == "AT")
        #expect(rule.normalised("kosovo") == "XK")
        #expect(rule.normalised("XK") == "XK")
    }

    @Test func `categories`() throws {
        let map = try CategoryMap(
            JSONValue(parsing: #"{"f": "female", "W": "female", "m": "male", "1": true, "true": true}"#).asObject ?? JSONObject())
        #expect(map.normalised(.string(" F ")) == .string("female"))
        #expect(map.normalised(.string("w")) == .string("female"))
        #expect(map.normalised(.string("Female")) == .string("female"))
        #expect(map.normalised(.integer(1)) == .bool(true))
        #expect(map.normalised(.string("x")) == nil)
        #expect(map.normalised(.null) == nil)
    }

    /// Pieces that dates, numbers, addresses and names are made of, so that random texts often are some.
    private static let pieces = [
        "+", "00", "0", "43", "1", "660", "2025550123", "(0)", " ", "-", "/", ".", ":", "30", "06", "2026", "Jun", "T", "Z", "pm", "W27",
        "@", "example.com", "ada",
        "€", "eur", "Austria", "the ", "us", "f", "male", "É", "7", "12", "1782777600",
    ]

    @Test(arguments: UInt64(1)...20)
    func `normalising twice is normalising once`(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let map = try CategoryMap(JSONValue(parsing: #"{"f": "female", "m": "male", "1": 1, "us": "É"}"#).asObject ?? JSONObject())
        let normalisers: [Normaliser] = [
            .email(EmailRule()), .email(EmailRule(ignoringDots: ["example.com"], ignoringTags: ["example.com"])), .phone(PhoneRule()),
            .phone(PhoneRule(callingCode: [43, 1, 7, 36, 39, 55, 375].randomElement(using: &random))), .date(DateRule()),
            .date(DateRule(order: .dayFirst, form: .day)), .date(DateRule(order: .monthFirst)),
            .currency(CurrencyRule(signs: ["ada": "USD"])),
            .country(CountryRule(names: ["ada": "XK"])), .category(map),
        ]
        for _ in 0..<60 {
            let count = Int.random(in: 1...8, using: &random)
            let text = (0..<count).map { _ in Self.pieces.randomElement(using: &random) ?? "" }.joined()
            let values: [JSONValue] = [
                .string(text), .integer(Int64.random(in: -(1 << 44)...(1 << 44), using: &random)), randomValue(depth: 1, using: &random),
            ]
            for (value, normaliser) in values.flatMap({ value in normalisers.map { (value, $0) } }) {
                guard let once = normaliser.normalised(value) else { continue }
                #expect(normaliser.normalised(once) == once, "\(normaliser) of \(value.text)")
            }
        }
    }

    @Test(arguments: UInt64(1)...20)
    func `every national number comes back from its international form`(seed: UInt64) {
        var random = SplitMix(seed: seed)
        for _ in 0..<50 {
            let rest = String(Int.random(in: 100_000_000...999_999_999, using: &random))
            for (code, trunk) in [(43, "0"), (44, "0"), (39, ""), (34, ""), (36, "06"), (351, ""), (375, "80"), (353, "0")] {
                let rule = PhoneRule(callingCode: code)
                #expect(rule.normalised(trunk + rest) == "+\(code)\(rest)")
                #expect(rule.normalised("+\(code) \(rest)") == "+\(code)\(rest)")
                #expect(rule.normalised("00\(code)\(rest)") == "+\(code)\(rest)")
            }
        }
    }

    @Test(arguments: UInt64(1)...20)
    func `every day comes back from every spelling`(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        for _ in 0..<50 {
            let days = Int.random(in: -25_000...47_000, using: &random)
            let date = CivilDate(daysSinceEpoch: days)
            func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
            let expected = "\(date.year)-\(two(date.month))-\(two(date.day))T00:00:00.000Z"
            // 1970-01-01 was a Thursday; 2026-01-05 a Monday of week 2.
            let weekday = weekdays[((days + 3) % 7 + 7) % 7]
            let ordinal = days - (CivilDate(year: date.year, month: 1, day: 1)?.daysSinceEpoch ?? 0) + 1
            for text in [
                "\(date.year)\(two(date.month))\(two(date.day))", "\(date.day) \(months[date.month - 1]) \(date.year)",
                "\(weekday), \(two(date.day)) \(months[date.month - 1]) \(date.year) 00:00:00 +0000",
                "\(date.year)-\(String(String(1_000 + ordinal).dropFirst()))",
            ] { #expect(DateRule().normalised(.string(text)) == expected, "\(text)") }
            #expect(DateRule(order: .dayFirst).normalised(.string("\(date.day)/\(date.month)/\(date.year)")) == expected)
            #expect(DateRule(order: .monthFirst).normalised(.string("\(date.month)/\(date.day)/\(date.year)")) == expected)
            #expect(DateRule().normalised(.integer(Int64(days) * 86_400)) == expected)
        }
    }
}
