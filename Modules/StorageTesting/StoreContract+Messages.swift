import EventModel
import Storage

/// The promises about messages and people.
extension StoreContract {
    func givesBack(_ seed: UInt64, _ open: () throws -> any EventStore) throws {
        var trial = Trial(seed: seed)
        let store = try open()
        try trial.expected.check(try store.snapshot())
        var writer = try store.makeWriter()
        for (batches, count) in [(1, 1), (2, 60), (1, 7), (3, 90)] {
            try trial.fill(writer, batches: batches, of: count)
            try trial.expected.check(try store.snapshot())
        }
        try trial.expected.check(try open().snapshot())
        try writer.close()
        writer = try open().makeWriter()
        // Past what vocabularies hold, and in another process' place.
        trial.odd.texts = 5_000
        try trial.fill(writer, batches: 2, of: 120)
        try trial.expected.check(try store.snapshot())
        try writer.close()
        try trial.expected.check(try open().snapshot())
    }

    func countsFirst(_ seed: UInt64, _ open: () throws -> any EventStore) throws {
        var trial = Trial(seed: seed)
        trial.odd.refusedOnceIn = 0
        var batches = (0..<4).map { _ in trial.odd.batch(40) }
        let ids = [
            "11111111-2222-4333-8444-555555555555", "11111111-2222-4333-8444-55555555555A", "", "caf\u{E9}", "cafe\u{301}", "n\\u0000", "n",
        ]
        for round in 0..<3 {
            // The same ids with other people, times, kinds and names, several times in one batch.
            batches[round + 1] = MessageBatch(
                lines: ids.flatMap { id in
                    (0..<3).map { turn in
                        let own = id.isEmpty ? "" : ",\"messageId\":\"\(id)\""
                        return
                            "{\"type\":\"\(turn == 2 ? "page" : "track")\",\"event\":\"E\(round)\",\"userId\":\"u\(turn)\",\"timestamp\":\"202\(round)-01-0\(turn + 1)\"\(own)}"
                    }
                }.joined(separator: "\n"))
        }
        var store = try open()
        var writer = try store.makeWriter()
        for round in 0..<3 {
            for batch in batches.prefix(round + 2) { try trial.append(batch, to: writer, writer.makeDecoder()) }
            try writer.commit(source: nil, position: nil)
            for batch in batches.prefix(round + 2) { try trial.append(batch, to: writer, writer.makeDecoder()) }
            if round == 1 { try writer.commit(source: nil, position: nil) }
            try writer.close()
            store = try open()
            try trial.expected.check(try store.snapshot())
            writer = try store.makeWriter()
        }
        try writer.rebuild()
        try writer.close()
        writer = try store.makeWriter()
        for batch in batches { try trial.append(batch, to: writer, writer.makeDecoder()) }
        try writer.commit(source: nil, position: nil)
        try writer.close()
        try trial.expected.check(try store.snapshot())
    }

    func joins(_ seed: UInt64, _ open: () throws -> any EventStore) throws {
        var trial = Trial(seed: seed)
        var random = ContractRandom(seed: seed)
        var lines: [String] = []
        for number in 0..<160 {
            let head = "{\"messageId\":\"m\(number)\",\"timestamp\":\"2026-01-01\","
            let (a, b) = (random.below(50), random.below(50))
            switch random.below(5) {
            case 0: lines.append(head + "\"type\":\"alias\",\"userId\":\"x\(a)\",\"previousId\":\"x\(b)\"}")
            case 1: lines.append(head + "\"type\":\"alias\",\"anonymousId\":\"x\(a)\",\"previousId\":\"y\(b)\"}")
            case 2: lines.append(head + "\"type\":\"identify\",\"userId\":\"y\(a)\",\"anonymousId\":\"x\(b)\"}")
            case 3: lines.append(head + "\"type\":\"screen\",\"anonymousId\":\"y\(a)\"}")
            default: lines.append(head + "\"type\":\"screen\",\"userId\":\"x\(a)\"}")
            }
        }
        lines.shuffle(using: &random)
        let store = try open()
        var writer = try store.makeWriter()
        var rest = lines[...]
        while !rest.isEmpty {
            let count = 1 + random.below(40)
            try trial.append(MessageBatch(lines: rest.prefix(count).joined(separator: "\n")), to: writer, writer.makeDecoder())
            rest = rest.dropFirst(count)
            if random.once(in: 2) { try writer.commit(source: nil, position: nil) }
            if random.once(in: 3) {
                try writer.commit(source: nil, position: nil)
                try writer.close()
                try trial.expected.check(try store.snapshot())
                writer = try store.makeWriter()
            }
        }
        try writer.commit(source: nil, position: nil)
        try trial.expected.check(try store.snapshot())
        try writer.rebuild()
        try trial.expected.check(try store.snapshot())
        try writer.close()
    }
}
