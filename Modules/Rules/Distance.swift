import Foundation

/// Radius of the Earth's sphere in kilometres.
public let earthRadiusKilometres = 6371.0088
/// Kilometres in a mile.
public let kilometresPerMile = 1.609344

/// The great-circle distance between two points.
///
/// The haversine formula (R. W. Sinnott, "Virtues of the Haversine", Sky & Telescope 68, 1984); for points more than a quarter of the
/// globe apart, where it loses digits, T. Vincenty's form for a sphere. Both agree to 1e-12 of the distance where they meet.
///
/// - Parameters are degrees, latitude first. Returns kilometres or miles.
public func greatCircle(latitude1: Double, longitude1: Double, latitude2: Double, longitude2: Double, in unit: DistanceUnit) -> Double {
    let radians = Double.pi / 180
    // Differences are taken in degrees, where nearby points subtract without error.
    let (halfLatitude, longitude) = ((latitude2 - latitude1) * radians / 2, (longitude2 - longitude1) * radians)
    let (phi1, phi2) = (latitude1 * radians, latitude2 * radians)
    let (sinLatitude, sinLongitude) = (sin(halfLatitude), sin(longitude / 2))
    let square = sinLatitude * sinLatitude + cos(phi1) * cos(phi2) * sinLongitude * sinLongitude
    let angle: Double
    if square < 0.5 {
        angle = 2 * asin(square.squareRoot())
    } else {
        let x = cos(phi2) * sin(longitude)
        let y = cos(phi1) * sin(phi2) - sin(phi1) * cos(phi2) * cos(longitude)
        let z = sin(phi1) * sin(phi2) + cos(phi1) * cos(phi2) * cos(longitude)
        angle = atan2((x * x + y * y).squareRoot(), z)
    }
    let kilometres = earthRadiusKilometres * angle
    return unit == .miles ? kilometres / kilometresPerMile : kilometres
}
