/// Gives countries their ISO 3166-1 alpha-2 code: from alpha-2 and alpha-3 codes in any case, and from English short names.
///
/// Names are found whatever their case, without "the" before them, with or without accents, and "and" may be "&". "UK" is read as GB
/// (ISO 3166-1 reserves it for the United Kingdom). Names and codes beyond the table can be set.
public struct CountryRule: Sendable, Hashable {
    /// Names of one's own with their codes, folded.
    private let own: [String: String]

    /// The plain rule, or one that also knows names of one's own (`["Deutschland": "DE"]`); a code is any two capital letters.
    public init(names: [String: String] = [:]) {
        own = .init(names.map { (Self.folded($0.key), $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    /// The alpha-2 code; nil where the text names no country.
    public func normalised(_ text: String) -> String? {
        let isPlain = text.utf8.count <= 3 && text.utf8.allSatisfy { (65...90).contains($0) || (97...122).contains($0) }
        let word = isPlain ? text.lowercased() : Self.folded(text)
        if let code = CountryTable.codes[word] { return code }
        // A code of one's own stays what it is, so that it can be read again.
        return own[word] ?? own.values.first { $0.lowercased() == word }
    }

    /// Whether `code` is two capital letters: a code, or one that a user may assign (XK).
    static func isCode(_ code: String) -> Bool { code.utf8.count == 2 && code.utf8.allSatisfy { (65...90).contains($0) } }

    /// Small letters without accents, dots, commas and apostrophes, words one space apart.
    static func folded(_ text: String) -> String {
        var out = ""
        for character in text.lowercased() {
            if let plain = accents[character] {
                out += plain
            } else if character.isWhitespace || character == "-" {
                if !out.hasSuffix(" ") { out += " " }
            } else if character == "&" {
                out += "and"
            } else if !".,'\u{2019}".contains(character) {
                out.append(character)
            }
        }
        let words = out.trimmedSpaces
        return words.hasPrefix("the ") ? String(words.dropFirst(4)) : words
    }

    private static let accents: [Character: String] = [
        "å": "a", "ã": "a", "á": "a", "ä": "a", "ç": "c", "é": "e", "è": "e", "í": "i", "ñ": "n", "ô": "o", "ó": "o", "ö": "o", "ü": "u",
        "ú": "u",
    ]
}

/// The countries and territories of ISO 3166-1, as of 2026.
enum CountryTable {
    /// Alpha-2 codes by folded alpha-2 codes, alpha-3 codes and names.
    static let codes: [String: String] = {
        var codes: [String: String] = [:]
        for line in rows.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 2).map(String.init)
            codes[words[0].lowercased()] = words[0]
            codes[words[1].lowercased()] = words[0]
            for name in words[2].split(separator: "|") { codes[CountryRule.folded(String(name))] = words[0] }
        }
        codes["uk"] = "GB"
        return codes
    }()

    /// Alpha-2, alpha-3, and the names in use, the short one first.
    private static let rows = """
        AD AND Andorra
        AE ARE United Arab Emirates|UAE
        AF AFG Afghanistan
        AG ATG Antigua and Barbuda
        AI AIA Anguilla
        AL ALB Albania
        AM ARM Armenia
        AO AGO Angola
        AQ ATA Antarctica
        AR ARG Argentina
        AS ASM American Samoa
        AT AUT Austria
        AU AUS Australia
        AW ABW Aruba
        AX ALA Åland Islands|Åland
        AZ AZE Azerbaijan
        BA BIH Bosnia and Herzegovina|Bosnia
        BB BRB Barbados
        BD BGD Bangladesh
        BE BEL Belgium
        BF BFA Burkina Faso
        BG BGR Bulgaria
        BH BHR Bahrain
        BI BDI Burundi
        BJ BEN Benin
        BL BLM Saint Barthélemy|St Barthélemy
        BM BMU Bermuda
        BN BRN Brunei Darussalam|Brunei
        BO BOL Bolivia, Plurinational State of|Bolivia|Bolivia (Plurinational State of)
        BQ BES Bonaire, Sint Eustatius and Saba|Caribbean Netherlands
        BR BRA Brazil
        BS BHS Bahamas
        BT BTN Bhutan
        BV BVT Bouvet Island
        BW BWA Botswana
        BY BLR Belarus
        BZ BLZ Belize
        CA CAN Canada
        CC CCK Cocos (Keeling) Islands|Cocos Islands
        CD COD Congo, The Democratic Republic of the|Congo (Democratic Republic of the)|Democratic Republic of the Congo|DR Congo|DRC
        CF CAF Central African Republic
        CG COG Congo|Republic of the Congo
        CH CHE Switzerland
        CI CIV Côte d'Ivoire|Ivory Coast
        CK COK Cook Islands
        CL CHL Chile
        CM CMR Cameroon
        CN CHN China|People's Republic of China
        CO COL Colombia
        CR CRI Costa Rica
        CU CUB Cuba
        CV CPV Cabo Verde|Cape Verde
        CW CUW Curaçao
        CX CXR Christmas Island
        CY CYP Cyprus
        CZ CZE Czechia|Czech Republic
        DE DEU Germany|Federal Republic of Germany
        DJ DJI Djibouti
        DK DNK Denmark
        DM DMA Dominica
        DO DOM Dominican Republic
        DZ DZA Algeria
        EC ECU Ecuador
        EE EST Estonia
        EG EGY Egypt
        EH ESH Western Sahara
        ER ERI Eritrea
        ES ESP Spain
        ET ETH Ethiopia
        FI FIN Finland
        FJ FJI Fiji
        FK FLK Falkland Islands (Malvinas)|Falkland Islands
        FM FSM Micronesia, Federated States of|Micronesia|Micronesia (Federated States of)
        FO FRO Faroe Islands
        FR FRA France
        GA GAB Gabon
        GB GBR United Kingdom|United Kingdom of Great Britain and Northern Ireland|Great Britain
        GD GRD Grenada
        GE GEO Georgia
        GF GUF French Guiana
        GG GGY Guernsey
        GH GHA Ghana
        GI GIB Gibraltar
        GL GRL Greenland
        GM GMB Gambia
        GN GIN Guinea
        GP GLP Guadeloupe
        GQ GNQ Equatorial Guinea
        GR GRC Greece
        GS SGS South Georgia and the South Sandwich Islands
        GT GTM Guatemala
        GU GUM Guam
        GW GNB Guinea-Bissau
        GY GUY Guyana
        HK HKG Hong Kong
        HM HMD Heard Island and McDonald Islands
        HN HND Honduras
        HR HRV Croatia
        HT HTI Haiti
        HU HUN Hungary
        ID IDN Indonesia
        IE IRL Ireland|Republic of Ireland
        IL ISR Israel
        IM IMN Isle of Man
        IN IND India
        IO IOT British Indian Ocean Territory
        IQ IRQ Iraq
        IR IRN Iran, Islamic Republic of|Iran|Iran (Islamic Republic of)
        IS ISL Iceland
        IT ITA Italy
        JE JEY Jersey
        JM JAM Jamaica
        JO JOR Jordan
        JP JPN Japan
        KE KEN Kenya
        KG KGZ Kyrgyzstan
        KH KHM Cambodia
        KI KIR Kiribati
        KM COM Comoros
        KN KNA Saint Kitts and Nevis|St Kitts and Nevis
        KP PRK Korea, Democratic People's Republic of|Korea (Democratic People's Republic of)|North Korea
        KR KOR Korea, Republic of|Korea (Republic of)|South Korea|Republic of Korea
        KW KWT Kuwait
        KY CYM Cayman Islands
        KZ KAZ Kazakhstan
        LA LAO Lao People's Democratic Republic|Laos
        LB LBN Lebanon
        LC LCA Saint Lucia|St Lucia
        LI LIE Liechtenstein
        LK LKA Sri Lanka
        LR LBR Liberia
        LS LSO Lesotho
        LT LTU Lithuania
        LU LUX Luxembourg
        LV LVA Latvia
        LY LBY Libya
        MA MAR Morocco
        MC MCO Monaco
        MD MDA Moldova, Republic of|Moldova (Republic of)|Moldova|Republic of Moldova
        ME MNE Montenegro
        MF MAF Saint Martin (French part)
        MG MDG Madagascar
        MH MHL Marshall Islands
        MK MKD North Macedonia
        ML MLI Mali
        MM MMR Myanmar|Burma
        MN MNG Mongolia
        MO MAC Macao|Macau
        MP MNP Northern Mariana Islands
        MQ MTQ Martinique
        MR MRT Mauritania
        MS MSR Montserrat
        MT MLT Malta
        MU MUS Mauritius
        MV MDV Maldives
        MW MWI Malawi
        MX MEX Mexico
        MY MYS Malaysia
        MZ MOZ Mozambique
        NA NAM Namibia
        NC NCL New Caledonia
        NE NER Niger
        NF NFK Norfolk Island
        NG NGA Nigeria
        NI NIC Nicaragua
        NL NLD Netherlands|Netherlands, Kingdom of the|Netherlands (Kingdom of the)|Holland
        NO NOR Norway
        NP NPL Nepal
        NR NRU Nauru
        NU NIU Niue
        NZ NZL New Zealand
        OM OMN Oman
        PA PAN Panama
        PE PER Peru
        PF PYF French Polynesia
        PG PNG Papua New Guinea
        PH PHL Philippines
        PK PAK Pakistan
        PL POL Poland
        PM SPM Saint Pierre and Miquelon|St Pierre and Miquelon
        PN PCN Pitcairn
        PR PRI Puerto Rico
        PS PSE Palestine, State of|Palestine|State of Palestine
        PT PRT Portugal
        PW PLW Palau
        PY PRY Paraguay
        QA QAT Qatar
        RE REU Réunion
        RO ROU Romania
        RS SRB Serbia
        RU RUS Russian Federation|Russia
        RW RWA Rwanda
        SA SAU Saudi Arabia
        SB SLB Solomon Islands
        SC SYC Seychelles
        SD SDN Sudan
        SE SWE Sweden
        SG SGP Singapore
        SH SHN Saint Helena, Ascension and Tristan da Cunha|Saint Helena
        SI SVN Slovenia
        SJ SJM Svalbard and Jan Mayen
        SK SVK Slovakia|Slovak Republic
        SL SLE Sierra Leone
        SM SMR San Marino
        SN SEN Senegal
        SO SOM Somalia
        SR SUR Suriname
        SS SSD South Sudan
        ST STP Sao Tome and Principe|São Tomé and Príncipe
        SV SLV El Salvador
        SX SXM Sint Maarten (Dutch part)|Sint Maarten
        SY SYR Syrian Arab Republic|Syria
        SZ SWZ Eswatini|Swaziland
        TC TCA Turks and Caicos Islands
        TD TCD Chad
        TF ATF French Southern Territories
        TG TGO Togo
        TH THA Thailand
        TJ TJK Tajikistan
        TK TKL Tokelau
        TL TLS Timor-Leste|East Timor
        TM TKM Turkmenistan
        TN TUN Tunisia
        TO TON Tonga
        TR TUR Türkiye|Turkey
        TT TTO Trinidad and Tobago
        TV TUV Tuvalu
        TW TWN Taiwan, Province of China|Taiwan (Province of China)|Taiwan
        TZ TZA Tanzania, United Republic of|Tanzania (United Republic of)|Tanzania
        UA UKR Ukraine
        UG UGA Uganda
        UM UMI United States Minor Outlying Islands
        US USA United States|United States of America|America
        UY URY Uruguay
        UZ UZB Uzbekistan
        VA VAT Holy See (Vatican City State)|Holy See|Vatican City
        VC VCT Saint Vincent and the Grenadines|St Vincent and the Grenadines
        VE VEN Venezuela, Bolivarian Republic of|Venezuela (Bolivarian Republic of)|Venezuela
        VG VGB Virgin Islands, British|Virgin Islands (British)|British Virgin Islands
        VI VIR Virgin Islands, U.S.|Virgin Islands (U.S.)|US Virgin Islands
        VN VNM Viet Nam|Vietnam
        VU VUT Vanuatu
        WF WLF Wallis and Futuna
        WS WSM Samoa
        YE YEM Yemen
        YT MYT Mayotte
        ZA ZAF South Africa
        ZM ZMB Zambia
        ZW ZWE Zimbabwe
        """
}
