import EventModel
import Platform
import Testing

@Suite struct RenderingTests {
    let table = ResultTable(
        [.init("name"), .init("members", numeric: true), .init("mean_value", numeric: true), .init("share", numeric: true)],
        rows: [
            [.text("cart abandoners"), .count(18_204), .number(1234.5, digits: 2), .share(0.125)],
            [.text("Köln 東京"), .count(7), .missing, .share(0.0004)],
        ])

    @Test func `a table lines up, whatever the script`() {
        #expect(
            table.text(width: 100) == """
                name             members  mean value  share
                ───────────────  ───────  ──────────  ─────
                cart abandoners   18,204    1,234.50  12.5%
                Köln 東京              7           –  0.04%

                """)
    }

    @Test func `a narrow terminal cuts names, never numbers`() {
        let lines = table.text(width: 40).split(separator: "\n")
        #expect(lines[2] == "cart abando…   18,204    1,234.50  12.5%")
    }

    @Test func `control characters from outside never reach a terminal`() {
        let table = ResultTable([.init("id")], rows: [[.text("a\u{1B}[31mb\u{7}\u{9B}c\u{202E}\nd")]])
        #expect(table.text().hasSuffix("a�[31mb��c��d\n"))
    }

    @Test func `CSV quotes what it must and keeps every digit`() {
        let table = ResultTable(
            [.init("id"), .init("x", numeric: true)],
            rows: [
                [.text("a,\"b\"\nc"), .number(0.1, digits: 1)], [.text("d"), .missing], [.text("e"), .number(1234567.125, digits: 0)],
            ])
        #expect(table.csv() == "id,x\n\"a,\"\"b\"\"\nc\",0.1\nd,\ne,1234567.125\n")
    }

    @Test(arguments: [
        (0, "0"), (7, "7"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567"), (Int.min, "-9,223,372,036,854,775,808"),
    ])
    func `thousands are set apart`(value: Int, text: String) { #expect(Figures.grouped(value) == text) }

    @Test(arguments: [
        (0.0, 2, "0.00"), (1234.567, 2, "1,234.57"), (-0.001, 2, "0.00"), (-12.5, 1, "-12.5"), (.nan, 1, "–"), (.infinity, 1, "–"),
    ])
    func `numbers have the digits asked for`(value: Double, digits: Int, text: String) {
        #expect(Figures.fixed(value, digits: digits) == text)
    }

    @Test(arguments: [
        (0.0, "0"), (950.0, "950"), (12_500.0, "12.5k"), (3.2e6, "3.2M"), (0.25, "0.25"), (-1500.0, "-1.5k"), (0.0005, "0.0005"),
    ])
    func `short numbers stay short`(value: Double, text: String) { #expect(Figures.short(value) == text) }

    @Test(arguments: [(0.84, "0.8 s"), (42.2, "42 s"), (185.0, "3 min 05 s"), (7800.0, "2 h 10 min")])
    func `time is said as people say it`(seconds: Double, text: String) { #expect(Figures.seconds(seconds) == text) }

    @Test func `ndjson prints the elements of the one list`() {
        let result = Acknowledgement("Saved.", details: JSONObject([.init("name", .string("é"))]))
        #expect(result.rendered(as: .json) == "{\"done\":\"Saved.\",\"name\":\"é\"}\n")
        #expect(result.rendered(as: .ndjson) == "{\"done\":\"Saved.\",\"name\":\"é\"}\n")
    }

    @Test func `errors end with the statuses that scripts rely on`() {
        for code in CommandError.Code.allCases {
            let status: Int32 = code == .usage ? 2 : code == .interrupted ? 130 : 1
            #expect(CommandError(code, "x").exitStatus == status)
        }
        #expect(
            CommandError(.kind, "no", line: 1, column: 4).rendered(as: .json)
                == "{\"error\":{\"code\":\"kind\",\"message\":\"no\",\"line\":1,\"column\":4}}\n")
    }

    @Test func `progress is a bar on a terminal and a line now and then elsewhere`() {
        var quiet = ProgressLine(live: false)
        func state(_ seconds: Double) -> ProgressLine.State {
            .init(name: "a.gz", done: 25 * seconds, total: 1000, count: Int(1000 * seconds), unit: "message", seconds: seconds)
        }
        #expect(quiet.text(for: state(2)) == nil)
        #expect(quiet.text(for: state(10)) == "a.gz: 25.0%, 10,000 messages, 1k/s, 30 s left\n")
        #expect(quiet.text(for: state(12)) == nil)
        #expect(quiet.clearing.isEmpty)
        var live = ProgressLine(live: true, width: 120)
        #expect(live.text(for: state(10)) == "\r\u{1B}[K█████                a.gz: 25.0%, 10,000 messages, 1k/s, 30 s left")
        #expect(!live.clearing.isEmpty)
    }
}
