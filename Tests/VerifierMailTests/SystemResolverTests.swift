import Testing

@testable import VerifierMail

/// The system's resolver against a name server of the test's own.
@Suite struct SystemResolverTests {
    private static let mail: [UInt8] = [0, 10, 4] + Array("mail".utf8) + [0xC0, 12]
    private static let address: [UInt8] = [192, 0, 2, 1]

    /// Answers by the first label of the name.
    private static func reply(_ query: Query) -> [UInt8]? {
        let mx = query.type == Query.mx
        switch query.label {
        case "com": return query.answer([Query.record(Query.ns, Array(mail.dropFirst(2)))])
        case "mx": return query.answer(mx ? [Query.record(Query.mx, mail)] : [])
        case "two": return query.answer([Query.record(Query.mx, [0, 0, 0]), Query.record(Query.mx, mail)])
        case "null": return query.answer(mx ? [Query.record(Query.mx, [0, 0, 0])] : [Query.record(Query.a, address)])
        case "missing": return query.answer(code: 3)
        case "broken": return query.answer(code: 2)
        case "refused": return query.answer(code: 5)
        case "a": return query.answer(query.type == Query.a ? [Query.record(Query.a, address)] : [])
        case "aaaa": return query.answer(query.type == Query.aaaa ? [Query.record(Query.aaaa, Array(repeating: 1, count: 16))] : [])
        case "bare": return query.answer()
        case "half": return query.type == Query.aaaa ? query.answer(code: 2) : query.answer()
        case "alias": return query.answer([Query.record(Query.cname, mail.dropFirst(2) + []), Query.record(Query.mx, mail)])
        case "dangling": return query.answer([Query.record(Query.cname, mail.dropFirst(2) + [])])
        case "cut": return query.answer(isCut: true)
        case "cutmx": return query.answer([Query.record(Query.mx, mail)], isCut: true)
        case "torn": return query.answer([Array(Query.record(Query.mx, mail).dropLast(4))])
        case "claiming": return query.answer([Query.record(Query.mx, mail)], claiming: 9)
        case "empty": return query.answer([Query.record(query.type, [])])
        case "long": return query.answer([Query.record(query.type, [1, 2, 3, 4, 5])])
        case "loop": return query.answer([Query.record(Query.mx, mail, name: [0xC0, UInt8(query.headCount)])])
        case "foreign": return [0xAB, 0xCD] + query.answer([Query.record(Query.mx, mail)]).dropFirst(2)
        case "noise": return (0..<64).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        case "short": return Array(query.answer().prefix(5))
        default: return nil
        }
    }

    @Test(
        arguments: [
            ("mx", .servers), ("two", .servers), ("null", .takesNone), ("missing", .noDomain), ("broken", .unknown), ("refused", .unknown),
            ("a", .addressOnly), ("aaaa", .addressOnly), ("bare", .nowhere), ("half", .unknown), ("alias", .servers),
            ("dangling", .nowhere),
            ("cut", .unknown), ("cutmx", .servers), ("torn", .unknown), ("claiming", .unknown), ("empty", .unknown), ("loop", .unknown),
            ("foreign", .unknown), ("noise", .unknown), ("short", .unknown), ("silent", .unknown),
        ] as [(String, MailStanding)])
    func `what a name server says of a domain is understood, and what it does not say is not known`(
        label: String, standing: MailStanding
    ) throws {
        let server = try NameServer(Self.reply)
        let resolver = SystemResolver(server: "127.0.0.1", port: server.port, seconds: 1, tries: 1)
        #expect(MailStanding(of: "\(label).test", asking: resolver) == standing)
    }

    @Test(arguments: [UInt8(0), 3]) func `a closed network that knows of no name at all says nothing of any`(code: UInt8) throws {
        let server = try NameServer { $0.answer(code: code) }
        let resolver = SystemResolver(server: "127.0.0.1", port: server.port, seconds: 1, tries: 1)
        #expect(MailStanding(of: "mx.test", asking: resolver) == .unknown)
        #expect(resolver.answer(.mx, of: "mx.test") == (code == 0 ? .noRecord : .noDomain))
    }

    @Test func `addresses of another length are no addresses`() throws {
        let server = try NameServer(Self.reply)
        let resolver = SystemResolver(server: "127.0.0.1", port: server.port, seconds: 1, tries: 1)
        #expect(resolver.answer(.a, of: "long.test") == .failed && resolver.answer(.aaaa, of: "long.test") == .failed)
        #expect(resolver.answer(.mx, of: "long.test") == .found)
    }

    @Test func `where nobody listens nothing is known`() throws {
        let port = try NameServer { _ in nil }.port  // It is gone before it is asked.
        #expect(SystemResolver(server: "127.0.0.1", port: port, seconds: 1, tries: 1).answer(.mx, of: "mx.test") == .failed)
        #expect(SystemResolver(server: "nowhere", seconds: 1, tries: 1).answer(.mx, of: "mx.test") == .failed)
    }

    /// Right answers with some bytes behind the question changed: they may say anything but that there is no such name.
    @Test(arguments: UInt64(1)...8)
    func `answers that were damaged on their way are read without harm`(seed: UInt64) throws {
        let server = try NameServer { query in
            var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ (UInt64(query.label) ?? 0) &* 0xD134_2543_DE82_EF95
            func next(_ bound: Int) -> Int {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Int((state >> 33) % UInt64(bound))
            }
            var bytes = query.answer([Query.record(Query.cname, Array(Self.mail.dropFirst(2))), Query.record(Query.mx, Self.mail)])
            for _ in 0...next(4) { bytes[query.headCount + next(bytes.count - query.headCount)] = UInt8(next(256)) }
            if next(3) == 0 { bytes[7] = UInt8(next(256)) }  // how many records there are
            if next(4) == 0 { bytes.removeLast(next(bytes.count - query.headCount)) }
            return bytes
        }
        let resolver = SystemResolver(server: "127.0.0.1", port: server.port, seconds: 5, tries: 2)
        for number in 0..<100 { #expect(resolver.answer(.mx, of: "\(number).test") != .noDomain) }
    }
}
