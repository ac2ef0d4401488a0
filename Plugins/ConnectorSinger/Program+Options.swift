import Connectors
import EventModel
import Programs

extension Program {
    /// The arguments of every run: its settings, where it has any.
    func options(in folder: ProgramFolder) throws(ConnectorError) -> [String] {
        guard let config else { return [] }
        return ["--config", try folder.write(config.text, as: "config.json")]
    }
}
