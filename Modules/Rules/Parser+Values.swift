/// Values and their kinds.
extension Parser {
    /// value = term { ( "+" | "-" ) term }; `first` is a factor that was read already.
    func value(first: Valued? = nil) throws(RuleError) -> Valued {
        var value = try term(first: first)
        while true {
            let mark = span
            if take(.plus) {
                value = try apply(.add, value, try term(first: nil), mark)
            } else if take(.minus) {
                value = try apply(.subtract, value, try term(first: nil), mark)
            } else {
                return value
            }
        }
    }

    /// term = factor { ( "*" | "/" ) factor }
    private func term(first: Valued?) throws(RuleError) -> Valued {
        var value: Valued
        if let first { value = first } else { value = try factor() }
        while true {
            let mark = span
            if take(.star) {
                value = try apply(.multiply, value, try factor(), mark)
            } else if take(.slash) {
                value = try apply(.divide, value, try factor(), mark)
            } else {
                return value
            }
        }
    }

    private func apply(_ operation: Arithmetic, _ a: Valued, _ b: Valued, _ mark: Range<Int>) throws(RuleError) -> Valued {
        let span = a.span.lowerBound..<b.span.upperBound
        guard operation.kind(a.kind, b.kind) != nil else {
            let dynamic = [a, b].first { $0.kind == .dynamic }
            let other = [a, b].contains { $0.kind == .instant }
            throw failure(
                .kind,
                "\(written(a.span)) is \(a.kind.words), \(written(b.span)) is \(b.kind.words): \"\(operation.rawValue)\" is not for these",
                at: mark,
                hint: other ? dynamic.map { "did you mean time(\(written($0.span)))?" } : nil)
        }
        try leaf(at: mark)
        return Valued(operand: .arithmetic(a.operand, operation, b.operand), span: span)
    }

    private func factor() throws(RuleError) -> Valued {
        let start = span.lowerBound
        let operand = try factorOperand()
        return Valued(operand: operand, span: start..<lastEnd)
    }

    private func factorOperand() throws(RuleError) -> Operand {
        switch kind {
        case .string(let text):
            advance()
            return .literal(.text(Text(text)))
        case .number(let written):
            advance()
            return .literal(.number(Double(written) ?? 0))
        case .duration(let milliseconds):
            advance()
            return .literal(.duration(milliseconds))
        case .mark(.minus):
            let mark = span
            advance()
            let value = try deeper { () throws(RuleError) -> Valued in try factor() }
            switch value.kind {
            case .number, .duration, .dynamic: return .negated(value.operand)
            default: throw failure(.kind, "\(written(value.span)) is \(value.kind.words) and has no negative", at: mark)
            }
        case .mark(.open):
            advance()
            return try deeper { () throws(RuleError) -> Operand in
                let value = try value()
                try expect(.close, "closing the parenthesis")
                return value.operand
            }
        case .mark(.dot): return try property()
        case .word(let word): return try named(word)
        default: throw unexpected(inCondition ? "a value or a property" : "a value")
        }
    }

    /// A factor that begins with a word.
    private func named(_ word: String) throws(RuleError) -> Operand {
        switch word {
        case "true", "false":
            advance()
            return .literal(.truth(word == "true"))
        case "now":
            try forbidInRow("now")
            advance()
            return .now
        case "ago":
            try forbidInRow("ago")
            return .ago(try arguments { () throws(RuleError) -> Int64 in try duration("ago") })
        case "date":
            let text = try arguments { () throws(RuleError) -> String in try string("a date in quotes") }
            guard case .instant(let instant) = Value.time(.text(Text(text))) else { return .date(nil) }
            return .date(instant)
        case "trait":
            try forbidInRow("a trait")
            let start = span.lowerBound
            advance()
            let path = try path(of: word)
            resolver.mentions(.trait, path, at: source.place(of: start..<lastEnd))
            return .trait(path)
        case "consent":
            try forbidInRow("consent")
            advance()
            return .consent(try path(of: word))
        case "feature": return try feature()
        case "asOf": return try asOf()
        case "time":
            return .time(
                try argument(of: word, "a text or a number") { $0.canEqual(.text) || $0 == .number })
        case "lower": return .lower(try argument(of: word, "a text") { $0.canEqual(.text) })
        case "timestamp", "type", "name", "category", "context", "traits": return .field(try field(word))
        default:
            if let function = Aggregate.Function(rawValue: word) { return .aggregate(try aggregate(function)) }
            if let unit = DistanceUnit(rawValue: word) { return try distance(unit) }
            if let part = CalendarPart(rawValue: word) { return try calendar(part) }
            throw unexpected(
                inCondition ? "a value or a property" : "a value",
                words: Keyword.expressions + (inCondition ? Keyword.fields : []),
                hint: Keyword.all.contains(word) ? nil : inCondition ? "did you mean .\(word)?" : "did you mean trait.\(word)?")
        }
    }

    /// The word at hand, "(", what `body` reads, ")".
    func arguments<T>(_ body: () throws(RuleError) -> T) throws(RuleError) -> T {
        let word = written(span)
        advance()
        try expect(.open, "after \(word)")
        return try deeper { () throws(RuleError) -> T in
            let result = try body()
            try expect(.close, "closing \(word)")
            return result
        }
    }

    private func argument(of word: String, _ wanted: String, _ fits: (Kind) -> Bool) throws(RuleError) -> Operand {
        try arguments { () throws(RuleError) -> Operand in
            let value = try value()
            try check(value, word, wanted, fits)
            return value.operand
        }
    }

    private func check(_ value: Valued, _ word: String, _ wanted: String, _ fits: (Kind) -> Bool) throws(RuleError) {
        guard fits(value.kind) else {
            throw failure(
                .kind, "\(written(value.span)) is \(value.kind.words), and \(word) takes \(wanted)", at: value.span,
                hint: wanted == "an instant" && (value.kind == .dynamic || value.kind == .text)
                    ? "did you mean time(\(written(value.span)))?" : nil)
        }
    }

    // MARK: Functions

    private func aggregate(_ function: Aggregate.Function) throws(RuleError) -> Aggregate {
        let word = function.rawValue
        if inCondition { throw notInCondition(word, at: span) }
        try forbidInRow(word)
        return try arguments { () throws(RuleError) -> Aggregate in
            let events = try events()
            guard isMark(.comma) else {
                switch function {
                case .count, .first, .last: return Aggregate(function, events)
                default: throw unexpected("\",\" and a property, which \(word) needs,", words: Keyword.windows + ["where"])
                }
            }
            if function == .count {
                throw failure(.syntax, "count takes events and no property", at: span, hint: "distinct counts the values of a property")
            }
            advance()
            let start = span
            let field = try aggregatedField()
            checkTraits(of: events)
            let place = start.lowerBound..<lastEnd
            switch function {
            case .sum, .average:
                guard field.kind.canEqual(.number) else {
                    throw failure(.kind, "\(written(place)) is \(field.kind.words), and \(word) takes numbers", at: place)
                }
            case .minimum, .maximum:
                guard field.kind.canEqual(.number) || field == .timestamp else {
                    throw failure(.kind, "\(written(place)) is \(field.kind.words), and \(word) takes numbers or timestamp", at: place)
                }
            default: break
            }
            return Aggregate(function, events, field)
        }
    }

    /// The property that an aggregate reads, behind its comma.
    private func aggregatedField() throws(RuleError) -> Field {
        let start = span.lowerBound
        switch kind {
        case .mark(.dot):
            let path = try path(of: "a property")
            resolver.mentions(.property, path, at: source.place(of: start..<lastEnd))
            return .property(path)
        case .word(let word) where Keyword.fields.contains(word):
            advance()
            return try field(named: word, from: start)
        case .word(let word): throw unexpected("a property", words: Keyword.fields, hint: "did you mean .\(word)?")
        default: throw unexpected("a property (as in .price)")
        }
    }

    private func distance(_ unit: DistanceUnit) throws(RuleError) -> Operand {
        try arguments { () throws(RuleError) -> Operand in
            var degrees: [Operand] = []
            for number in 0..<4 {
                if number > 0 { try expect(.comma, "in \(unit.rawValue), which takes latitude, longitude, latitude, longitude") }
                let value = try value()
                try check(value, unit.rawValue, "degrees, which are numbers") { $0.canEqual(.number) }
                degrees.append(value.operand)
            }
            return .distance(unit, degrees[0], degrees[1], degrees[2], degrees[3])
        }
    }

    private func calendar(_ part: CalendarPart) throws(RuleError) -> Operand {
        try arguments { () throws(RuleError) -> Operand in
            let value = try value()
            try check(value, part.rawValue, "an instant") { $0 == .instant }
            guard take(.comma) else { return .calendar(part, value.operand, .utc) }
            let place = span
            let name = try string("a time zone in quotes")
            guard let zone = Zone(name) else {
                let near = NearMatch.best(name, among: Zone.names.lazy.map { ($0.string, 0) })
                throw failure(
                    .name, "unknown time zone \"\(name.shortened)\"", at: place,
                    hint: near.map { "did you mean \"\($0.name)\"?" } ?? "IANA names, as in \"Europe/Berlin\"")
            }
            return .calendar(part, value.operand, zone)
        }
    }
}
