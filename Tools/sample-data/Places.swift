/// Where customers live.
struct Place: Sendable {
    let country: String
    let city: String
    let latitude: Double
    let longitude: Double
    /// Hours ahead of UTC, for the rhythm of the day; summer time is left aside.
    let hoursAhead: Int
    let locale: String
    /// Share of the customers.
    let weight: Double

    static let all: [Place] = [
        Place(country: "DE", city: "Berlin", latitude: 52.52, longitude: 13.405, hoursAhead: 1, locale: "de-DE", weight: 14),
        Place(country: "DE", city: "Hamburg", latitude: 53.5511, longitude: 9.9937, hoursAhead: 1, locale: "de-DE", weight: 9),
        Place(country: "DE", city: "Leipzig", latitude: 51.3397, longitude: 12.3731, hoursAhead: 1, locale: "de-DE", weight: 5),
        Place(country: "AT", city: "Vienna", latitude: 48.2082, longitude: 16.3738, hoursAhead: 1, locale: "de-AT", weight: 8),
        Place(country: "CH", city: "Zurich", latitude: 47.3769, longitude: 8.5417, hoursAhead: 1, locale: "de-CH", weight: 6),
        Place(country: "FR", city: "Paris", latitude: 48.8566, longitude: 2.3522, hoursAhead: 1, locale: "fr-FR", weight: 10),
        Place(country: "FR", city: "Lyon", latitude: 45.764, longitude: 4.8357, hoursAhead: 1, locale: "fr-FR", weight: 4),
        Place(country: "NL", city: "Utrecht", latitude: 52.0907, longitude: 5.1214, hoursAhead: 1, locale: "nl-NL", weight: 6),
        Place(country: "GB", city: "London", latitude: 51.5074, longitude: -0.1278, hoursAhead: 0, locale: "en-GB", weight: 11),
        Place(country: "GB", city: "Leeds", latitude: 53.8008, longitude: -1.5491, hoursAhead: 0, locale: "en-GB", weight: 4),
        Place(country: "IE", city: "Dublin", latitude: 53.3498, longitude: -6.2603, hoursAhead: 0, locale: "en-IE", weight: 3),
        Place(country: "ES", city: "Valencia", latitude: 39.4699, longitude: -0.3763, hoursAhead: 1, locale: "es-ES", weight: 5),
        Place(country: "IT", city: "Turin", latitude: 45.0703, longitude: 7.6869, hoursAhead: 1, locale: "it-IT", weight: 5),
        Place(country: "SE", city: "Malmö", latitude: 55.605, longitude: 13.0038, hoursAhead: 1, locale: "sv-SE", weight: 3),
        Place(country: "PL", city: "Kraków", latitude: 50.0647, longitude: 19.945, hoursAhead: 1, locale: "pl-PL", weight: 4),
        Place(country: "US", city: "New York", latitude: 40.7128, longitude: -74.006, hoursAhead: -5, locale: "en-US", weight: 6),
        Place(country: "US", city: "Portland", latitude: 45.5152, longitude: -122.6784, hoursAhead: -8, locale: "en-US", weight: 3),
        Place(country: "JP", city: "Osaka", latitude: 34.6937, longitude: 135.5023, hoursAhead: 9, locale: "ja-JP", weight: 2),
    ]
    static let choice = WeightedChoice(all.map(\.weight))
}
