/// How the page looks: one column of comfortable width, quiet colours, light or dark as the reader prefers, fit for printing.
enum PageStyle {
    static let css: String = {
        var css = """
            :root{--paper:#fff;--room:#f6f7f9;--ink:#1d2530;--quiet:#5d6876;--line:#e1e5ea;--strong:#2458c7}
            @media (prefers-color-scheme:dark){:root{--paper:#12161c;--room:#1a2028;--ink:#e8ecf2;--quiet:#9aa6b5;--line:#2b333e;--strong:#7aa5ff}}
            *{box-sizing:border-box}html{scroll-behavior:smooth}
            body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.6 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}
            header,main,footer{max-width:980px;margin:0 auto;padding:0 24px}
            header{padding-top:56px}h1{font-size:2.1rem;line-height:1.2;letter-spacing:-.02em;margin:0 0 8px}
            .subtitle{color:var(--quiet);font-size:1.06rem;margin:0 0 28px}
            h2{font-size:1.45rem;letter-spacing:-.01em;margin:0 0 6px}h3{font-size:1rem;margin:0 0 10px}h4{font-size:1rem;margin:0}
            section{padding:44px 0 8px;border-top:1px solid var(--line);margin-top:40px}
            .lead{color:var(--quiet);max-width:46em;margin:0 0 22px}p{max-width:46em}
            .facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:1px;margin:0 0 26px}
            .facts div{box-shadow:0 0 0 1px var(--line);padding:14px 16px}.facts dt{color:var(--quiet);font-size:.82rem}
            .facts dd{margin:2px 0 0;font-size:1.4rem;font-weight:600;font-variant-numeric:tabular-nums;letter-spacing:-.01em}
            nav{display:flex;flex-wrap:wrap;gap:6px 18px;font-size:.95rem}nav a{color:var(--strong);text-decoration:none}nav a:hover{text-decoration:underline}
            figure{margin:0 0 28px}figcaption,caption{color:var(--quiet);font-size:.86rem;text-align:left}figcaption{margin-top:8px;max-width:50em}
            caption{padding-bottom:8px}.chart{display:block;width:100%;height:auto;max-width:100%}
            .row{display:grid;grid-template-columns:repeat(auto-fit,minmax(360px,1fr));gap:8px 36px;align-items:start}
            .scroll{overflow-x:auto;margin:0 0 28px}table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
            th{font-weight:600;color:var(--quiet);text-align:left;font-size:.82rem;border-bottom:1px solid var(--line)}
            th,td{padding:7px 14px 7px 0;vertical-align:top}td{border-bottom:1px solid var(--line)}tr:last-child td{border-bottom:0}
            .n{text-align:right;white-space:nowrap;padding-right:18px}code{font:.86em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
            pre{background:var(--room);border-radius:8px;padding:14px 16px;overflow-x:auto;margin:0 0 28px}pre code{overflow-wrap:normal}
            .cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(270px,1fr));gap:14px;margin:0 0 28px}
            .card{background:var(--room);border-radius:10px;padding:16px 18px;border-top:4px solid var(--strong)}
            .card .figure{color:var(--quiet);font-size:.92rem;margin:2px 0 10px;font-variant-numeric:tabular-nums}
            .card ul{margin:0;padding:0;list-style:none;font-size:.9rem}.card li{padding:3px 0;border-top:1px solid var(--line)}
            footer{color:var(--quiet);font-size:.86rem;padding-top:28px;padding-bottom:64px}
            @media print{body{font-size:11pt}section{break-inside:avoid-page}nav{display:none}}

            """
        for (index, colour) in ChartStyle.light.enumerated() { css += ".k\(index){border-top-color:\(colour)}" }
        css += "@media (prefers-color-scheme:dark){"
        for (index, colour) in ChartStyle.dark.enumerated() { css += ".k\(index){border-top-color:\(colour)}" }
        return css + "}"
    }()
}
