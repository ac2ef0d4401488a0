/// What a start says: where it listens, and what to do next.
struct Greeting {
    let path: String
    let isNew: Bool
    let isDev: Bool
    let hasKeys: Bool
    let host: String

    /// The words, once the port is known.
    func text(port: Int) -> String {
        let address = "http://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        var lines = ["tessera-worker on \(path) listens on \(address)."]
        if isNew { lines.append("The store is new and empty.") }
        if isDev {
            lines += [
                "FOR TRYING ONLY: anybody on this machine may write with the key `dev` and ask with the key `dev-admin`.",
                "Send an event, then ask where its person is:",
                "  curl -u dev: \(address)/v1/track -d '{\"userId\":\"ada\",\"event\":\"Product Added\",\"properties\":{\"price\":20}}'",
                "  curl -u dev-admin: \(address)/v1/profiles/user_id:ada",
                "Define a segment while it runs, and ask again:",
                "  tessera-shell --db \(path) -c 'segment active = did \"Product Added\" within 1m'",
                "  curl -u dev-admin: \(address)/v1/profiles/user_id:ada/segments",
            ]
        } else if !hasKeys {
            lines.append("Nobody is let in: no keys are set. Give some in the settings file under http.keys, or try with --dev.")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
