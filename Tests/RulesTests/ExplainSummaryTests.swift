import EventModel
import Rules
import Testing

/// The first line of explanations: the answer, why, and the smallest change.
struct ExplainSummaryTests {
    @Test(arguments: [
        (
            #"true"#, #"[]"#,
            #"a member until something new comes"#
        ),
        (
            #"did "A""#, #"[]"#,
            #"not a member: 0 of 1 "A"; becomes a member with 1 "A""#
        ),
        (
            #"did "A" where (.x > 5 and .x < 6 and .c contains "e")"#, #"[]"#,
            #"not a member: 0 of 1 "A" where .x > 5 and .x < 6 and .c contains "e"; becomes a member with 1 "A" where .x > 5 and .x < 6 and .c contains "e""#
        ),
        (
            #"did "A" within 1h"#, #"[{"at":"-30m","track":"A"}]"#,
            #"a member until 2026-06-30T12:30:00.000Z, when "A" of 2026-06-30T11:30:00.000Z (m01) leaves the window"#
        ),
        (
            #"not did any within 30d"#, #"[{"at":"-1d","track":"V"}]"#,
            #"not a member: did any within 30d holds; becomes a member at 2026-07-29T12:00:00.000Z, when "V" of 2026-06-29T12:00:00.000Z (m01) leaves the window"#
        ),
        (
            #"count("A" within 7d) <= 1"#, #"[{"at":"-3h","track":"A"},{"at":"-2h","track":"A"}]"#,
            #"not a member: count("A" within 1w) is 2; becomes a member at 2026-07-07T09:00:00.000Z, when "A" of 2026-06-30T09:00:00.000Z (m01) leaves the window"#
        ),
        (
            #"count("A") > 2 and count(any) > 3"#, #"[{"at":"-3h","track":"A"}]"#,
            #"not a member: 1 of 3 "A", 1 of 4 any; becomes a member with 2 more "A", and 1 more any"#
        ),
        (
            #"did "Cart" and not did "Order" since last("Cart")"#, #"[{"at":"-3h","track":"Cart"},{"at":"-2h","track":"Order"}]"#,
            #"not a member: did "Order" since last("Cart") holds; becomes a member with 1 more "Cart""#
        ),
        (
            #"average("O", .x) >= 10"#, #"[{"at":"-3h","track":"O","p":{"x":4}}]"#,
            #"not a member: average("O", .x) is 4; becomes a member with 1 more "O" with .x of 16"#
        ),
        (
            #"minimum("O", .x) < 4"#, #"[{"at":"-3h","track":"O","p":{"x":4}}]"#,
            #"not a member: minimum("O", .x) is 4; becomes a member with 1 more "O" with .x below 4"#
        ),
        (
            #"distinct("O", .x) >= 3"#, #"[{"at":"-3h","track":"O","p":{"x":4}}]"#,
            #"not a member: distinct("O", .x) is 1; becomes a member with 2 more "O" with new values of .x"#
        ),
        (
            #"mostFrequentCount("O", .c) >= 3"#, #"[{"at":"-3h","track":"O","p":{"c":"a"}}]"#,
            #"not a member: mostFrequentCount("O", .c) is 1; becomes a member with 2 more "O" with .c "a""#
        ),
        (
            #"last("O", .c) == "b""#, #"[{"at":"-3h","track":"O","p":{"c":"a"}}]"#,
            #"not a member: last("O", .c) is "a"; becomes a member with 1 more "O" with .c "b""#
        ),
        (
            #"trait.age >= 18"#, #"[{"at":"-3h","identify":{"age":17}}]"#,
            #"not a member: trait.age is 17; becomes a member with trait.age at least 18"#
        ),
        (
            #"trait.age < trait.limit"#, #"[]"#,
            #"not a member: trait.limit is missing, trait.age is missing; becomes a member with trait.limit 1, and trait.age below 1"#
        ),
        (
            #"trait.plan != "free" and not (trait.plan == "trial")"#, #"[]"#,
            #"not a member: trait.plan is missing; becomes a member with trait.plan there, and anything but "free""#
        ),
        (
            #"not exists(trait.plan)"#, #"[{"at":"-3h","identify":{"plan":"free"}}]"#,
            #"not a member: trait.plan is "free"; becomes a member with trait.plan missing"#
        ),
        (
            #"trait.points * 2 + 1 > 21"#, #"[{"at":"-3h","identify":{"points":5}}]"#,
            #"not a member: trait.points is 5; becomes a member with trait.points changed, for example to 10.5"#
        ),
        (
            #"time(trait.createdAt) > ago(7d)"#, #"[{"at":"-3h","identify":{"createdAt":"2020-01-01"}}]"#,
            #"not a member: trait.createdAt is "2020-01-01"; becomes a member with trait.createdAt changed, for example to "2026-06-23T12:00:01.000Z""#
        ),
        (
            #"consent.ads"#, #"[]"#,
            #"not a member: consent.ads is not set; becomes a member with consent.ads granted"#
        ),
        (
            #"consent.ads"#, #"[{"at":"-3h","track":"A","c":{"consent":{"categoryPreferences":{"ads":true}}}}]"#,
            #"a member until something new comes; no longer one with consent.ads refused"#
        ),
        (
            #"did "A" until date("2026-01-01")"#, #"[]"#,
            #"not a member: did "A" until date("2026-01-01T00:00:00.000Z") does not hold (no event of that name); no small change that makes it one was found"#
        ),
        (
            #"first("A") < date("2026-01-01")"#, #"[{"at":"-3h","track":"A"}]"#,
            #"not a member: first("A") < date("2026-01-01T00:00:00.000Z") does not hold (2026-06-30T09:00:00.000Z is not < 2026-01-01T00:00:00.000Z); no small change that makes it one was found"#
        ),
        (
            #"did "A""#, #"[{"at":"-3h","track":"A"}]"#,
            #"a member until something new comes"#
        ),
        (
            #"did "A""#, #"[{"at":"+1h","track":"A"}]"#,
            #"not a member: 0 of 1 "A"; becomes a member with 1 "A", or at 2026-06-30T13:00:00.000Z, when "A" of 2026-06-30T13:00:00.000Z (m01) comes"#
        ),
        (
            #"asOf(trait.plan) < ago(1d)"#, #"[{"at":"-2h","identify":{"plan":"a"}}]"#,
            #"not a member: asOf(trait.plan) is 2026-06-30T10:00:00.000Z; becomes a member at 2026-07-01T10:00:00.001Z"#
        ),
        (
            #"asOf(trait.plan) < ago(1d)"#, #"[{"at":"-2d","identify":{"plan":"a"}}]"#,
            #"a member until something new comes; no longer one with 1 more any where type == "identify" and exists(traits.plan)"#
        ),
        (
            #"did any where type == "identify" and traits.plan == "free""#, #"[{"at":"-1d","identify":{"plan":"pro"}}]"#,
            #"not a member: 0 of 1 any where type == "identify" and traits.plan == "free"; becomes a member with 1 any where type == "identify" and traits.plan == "free""#
        ),
        (
            #"did any where type == "page" and name == "Home""#, #"[]"#,
            #"not a member: 0 of 1 any where type == "page" and name == "Home"; becomes a member with 1 any where type == "page" and name == "Home""#
        ),
        (
            #"sequence("V" then "A" within 1h)"#, #"[{"at":"-30m","track":"V"}]"#,
            #"not a member: 1 of 2 steps of sequence("V" then "A" within 1h); becomes a member with 1 "A" within 1h before 2026-06-30T12:30:00.001Z"#
        ),
    ])
    func `the summary says why and what would change it`(expression: String, timeline: String, summary: String) throws {
        #expect(try ExplainCase.explain(expression, timeline).summary == summary)
    }

    @Test func `the JSON has the documented shape`() throws {
        let explanation = try ExplainCase.explain(
            #"count("Product Viewed" where .category == "shoes" within 2h) >= 3"#,
            #"[{"at":"-1h","track":"Product Viewed","p":{"category":"shoes"}},{"at":"-30m","track":"Product Viewed","p":{"category":"shoes"}},{"at":"-20m","track":"Product Viewed","p":{"category":"hats"}}]"#
        )
        #expect(
            explanation.json.text
                == #"{"member":false,"valid_until":null,"summary":"not a member: 2 of 3 \"Product Viewed\" where .category == \"shoes\" within 2h; becomes a member with 1 more \"Product Viewed\" where .category == \"shoes\" before 2026-06-30T13:00:00.000Z","tree":{"text":"count(\"Product Viewed\" where .category == \"shoes\" within 2h) >= 3","holds":false,"valid_until":null,"note":"2 of 3","children":[{"text":"count(\"Product Viewed\" where .category == \"shoes\" within 2h)","value":2,"kind":"number","window":{"from":"2026-06-30T10:00:00.001Z","to":"2026-06-30T12:00:00.000Z"},"events":[{"time":"2026-06-30T11:00:00.000Z","name":"Product Viewed","message_id":"m01"},{"time":"2026-06-30T11:30:00.000Z","name":"Product Viewed","message_id":"m02"}],"total_events":2}]},"smallest_change":[{"kind":"events","count":1,"sentence":"1 more \"Product Viewed\" where .category == \"shoes\" before 2026-06-30T13:00:00.000Z","before":"2026-06-30T13:00:00.000Z","done":"2026-06-30T12:00:00.001Z"}]}"#
        )
    }
}
