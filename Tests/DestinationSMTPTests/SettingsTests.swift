import Connectors
import EventModel
import Foundation
import Testing

@testable import DestinationSMTP

@Suite struct SettingsTests {
    private static let whole = #""host":"h","from":"a@example.com","to":"traits.email","subject":"s","text":"t""#

    private static func with(_ changed: String, _ new: String) -> String { whole.replacing(changed, with: new) }

    @Test(arguments: [
        (whole + #","port":0"#, ["port"], "a whole number from 1"),
        (with(#""host":"h""#, #""host":"h/x""#), ["host"], "no name of a host"),
        (whole + #","security":"ssl""#, ["security"], "starttls"),
        (whole + #","user":"u""#, ["user"], "there is no password"),
        (whole + #","password":"env:PASSWORD""#, ["password"], "there is no user"),
        (whole + #","user":"u","password":"hunter2""#, ["password"], "reference"),
        (whole + #","user":"u","password":"env:PASSWORD","security":"none""#, ["security"], "could read the password"),
        (whole + #","security":"none","certificates":"c.pem""#, ["certificates"], "there is no TLS"),
        (with("a@example.com", "a"), ["from"], "no address of a mail"),
        (with("a@example.com", #"A <a@b>\r\nBcc: <c@d>"#), ["from"], "no address of a mail"),
        (with("traits.email", "traits..email"), ["to"], "neither a path"),
        (with("traits.email", "a@b@c"), ["to"], "no address of a mail"),
        (whole + #","replyTo":"b""#, ["replyTo"], "no address of a mail"),
        (with(#""subject":"s""#, #""subject":"s\nt""#), ["subject"], "more than one line"),
        (with(#""subject":"s""#, #""subject":"{s""#), ["subject"], "a brace is alone"),
        (with(#""text":"t""#, #""text":"{.a +}""#), ["text"], "a value should follow"),
        (with(#","text":"t""#, ""), [], "a mail needs a text"),
        (whole + #","fallbacks":{".name":"you"}"#, ["fallbacks", ".name"], "no text has this value"),
        (with(#""text":"t""#, #""text":"{.name}""#) + #","fallbacks":{".nme":"you"}"#, ["fallbacks", ".nme"], "Did you mean `.name`?"),
        (whole + #","unsubscribe":"http://example.com/""#, ["unsubscribe"], "no https address"),
        (whole + #","unsubscribe":"https://{.host}/""#, ["unsubscribe"], "no https address"),
        (whole + #","unsubscribe":"https://example.com/> x""#, ["unsubscribe"], "no https address"),
        (whole + #","only":"enter""#, ["only"], "entered"),
        (whole + #","causes":["mesage"]"#, ["causes", "0"], "Did you mean `message`?"),
        (whole + #","timeout":0"#, ["timeout"], "a number from 0.1"),
        (whole + #","tls":true"#, ["tls"], "no such setting"),
    ])
    func `wrong settings are refused at their place, and nothing secret is shown`(settings: String, path: [String], problem: String) {
        #expect {
            _ = try makeDestination(settings)
        } throws: {
            ($0 as? SettingsErrors)?.errors.map(\.path) == [path] && "\($0)".contains(problem) && !"\($0)".contains("hunter2")
        }
    }

    @Test(arguments: [
        ("a@example.com", nil, "a@example.com"), ("Ada L. <a+b@x.example>", "Ada L.", "a+b@x.example"),
        (#""Ada, L." <a@b>"#, "Ada, L.", "a@b"), ("<a@b>", nil, "a@b"), ("Zoë<z.o@b-c.de>", "Zoë", "z.o@b-c.de"),
    ])
    func `an address has a name or none`(text: String, name: String?, address: String) throws {
        let found = try #require(MailAddress(text))
        #expect(found.name == name && found.address == address)
    }

    @Test(arguments: [
        "", "a", "@b", "a@", "a@b@c", "a b@c", "a@b c", "a@-b", "a@b..c", ".a@b", "a.@b", "a@b\r\nc", "ä@b", "a@ä.de", "a<b@c", "A <a@b> c",
        "A\n<a@b>", "a@b,c@d", "<>", "a@[127.0.0.1]", String(repeating: "a", count: 65) + "@b",
        "a@" + String(repeating: "b.", count: 130) + "c",
    ])
    func `what could be another address, or a command, is none`(text: String) { #expect(MailAddress(text) == nil) }

    @Test(arguments: [
        ("Welcome", "Welcome"), ("a\r\nBcc: b@c", "a  Bcc: b@c"), ("=?x", "=?UTF-8?B?PT94?="), ("ü", "=?UTF-8?B?w7w=?="),
        ("\u{0}\u{7f}\u{2028}x", "x"), ("", ""),
    ])
    func `a subject is one line of ASCII`(text: String, header: String) { #expect(HeaderText.unstructured(text) == header) }

    @Test func `long texts are words of at most 75 characters, with whole characters in each`() {
        for text in [String(repeating: "ü", count: 200), String(repeating: "😀", count: 99), String(repeating: "plain ", count: 99) + "end"]
        {
            let words = HeaderText.unstructured(text).components(separatedBy: "\r\n ")
            #expect(words.count > 1 && words.allSatisfy { $0.utf8.count <= 64 && $0.hasPrefix("=?UTF-8?B?") && $0.hasSuffix("?=") })
            let decoded = words.map { String(decoding: Data(base64Encoded: String($0.dropFirst(10).dropLast(2))) ?? Data(), as: UTF8.self) }
            #expect(decoded.joined() == text && !decoded.joined().contains("\u{fffd}"))
        }
    }

    @Test func `names before addresses are quoted where they have to be`() {
        #expect(MailAddress("Ada Lovelace <a@b>")?.header == "Ada Lovelace <a@b>")
        #expect(MailAddress("Shop, Linz <a@b>")?.header == "\"Shop, Linz\" <a@b>")
        #expect(MailAddress("a@b")?.header == "<a@b>")
    }
}
