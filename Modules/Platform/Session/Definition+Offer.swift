import Content
import EventModel
import Rules
import Storage

extension Definition {
    /// The offer that is saved under this name.
    ///
    /// - Throws: `RuleError` where the text is none, which only a file made elsewhere can hold.
    func offer() throws(RuleError) -> Offer {
        let text = DefinitionText(body).expression
        let place = Place(source: "offer '\(name)'", line: 1, column: 1, length: 1, lineText: "")
        do { return try Offer(JSONValue(parsing: text), key: name) } catch let mistakes as OfferMistakes {
            throw RuleError(.syntax, mistakes.all.first?.problem ?? "", at: place, hint: mistakes.all.first?.remedy)
        } catch { throw RuleError(.syntax, "the saved text is not JSON: \(error)", at: place) }
    }
}

extension Offer {
    /// How errors about a rule's condition begin.
    func source(of rule: Int) -> RuleSource { .other("offer '\(key)', \(rules[rule].name)") }

    /// The condition of every rule, checked.
    ///
    /// - Throws: The first mistake of a condition, or of a definition that it mentions.
    func conditions(_ checker: Checker) throws(RuleError) -> [Checked<Clause>] {
        var conditions: [Checked<Clause>] = []
        for index in rules.indices { conditions.append(try checker.rule(rules[index].when, source: source(of: index))) }
        return conditions
    }
}
