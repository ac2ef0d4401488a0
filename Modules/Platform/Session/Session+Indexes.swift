import EventModel
import Storage

/// Indexes of traits are made and taken away by the one who writes the store.
extension Session {
    func addIndex(of trait: [String]) throws(CommandError) -> Acknowledgement {
        let name = trait.joined(separator: ".")
        let made = try withWriter { writer throws(StoreError) in try writer.addIndex(of: trait) }
        guard let made else {
            return Acknowledgement("There is an index of trait.\(name) already.", details: JSONObject(["trait": .string(name)]))
        }
        return Acknowledgement(
            "Indexed trait.\(name): \(Figures.count(made.entries, "value")) of people. It is kept up to date from now on.",
            details: JSONObject(["trait": .string(name), "entries": .integer(Int64(made.entries))]))
    }

    func dropIndex(of trait: [String]) throws(CommandError) -> Acknowledgement {
        let name = trait.joined(separator: ".")
        guard try withWriter({ writer throws(StoreError) in try writer.removeIndex(of: trait) }) else {
            throw CommandError(.name, "There is no index of trait.\(name). `index list` shows which there are.")
        }
        return Acknowledgement("Dropped the index of trait.\(name).", details: JSONObject(["trait": .string(name)]))
    }

    private func withWriter<Answer>(_ work: (any StoreWriter) throws(StoreError) -> Answer) throws(CommandError) -> Answer {
        let store = try tessera.store()
        do throws(StoreError) {
            let writer = try store.makeWriter()
            let answer: Answer
            do throws(StoreError) { answer = try work(writer) } catch {
                try? writer.close()
                throw error
            }
            try writer.close()
            return answer
        } catch { throw CommandError(error) }
    }
}
