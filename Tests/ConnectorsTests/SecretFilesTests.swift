import Connectors
import EventModel
import Testing

/// The files that settings name in the place of secrets, so that whoever runs a connector can follow them.
@Test func `files with secrets are found where references are resolved, and nowhere else`() throws {
    let descriptor = ConnectorDescriptor(
        name: "x", summary: "",
        settings: [
            .required("password", .secret, ""), .optional("token", .secret, ""), .optional("config", .object(withSecrets: true), ""),
            .optional("plain", .object(withSecrets: false), ""), .optional("note", .text, ""),
        ])
    let settings = try #require(
        try JSONValue(
            parsing: #"""
                {"name":"a","password":"file:/a","token":"env:T","note":"file:/no","plain":{"k":"file:/no"},"other":"file:/no",
                "config":{"deep":[{"k":"file:/b"},"env:B","file:///no",5,null],"more":"file:c"}}
                """#
        ).asObject)
    #expect(descriptor.secretFiles(in: settings) == ["/a", "/b", "c"])
}
