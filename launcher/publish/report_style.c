/* SPDX-License-Identifier: BSD-2-Clause
 * report_style: how the pages of a report look. */
#include "publish/report_style.h"

/* ISO C promises 4095 bytes a literal. */
static const char colours[] =
    ":root{color-scheme:light dark;\n"
    "--bg:#ffffff;--panel:#f4f6f8;--text:#1b1f24;--muted:#565f6c;--line:#d5dae0;--accent:#0b5a8a;--good:#17693a;\n"
    "--bad:#a3261d;--warn:#7a4f00;--run:#e4eff7;--file:#faf8f1;--edge:#75808d;--life:#4c86ad;--user:#0b5a8a;\n"
    "--system:#b0651c;--memory:#4f7f45}\n"
    "@media(prefers-color-scheme:dark){:root{\n"
    "--bg:#14171c;--panel:#1d2229;--text:#e7eaee;--muted:#a7b0bc;--line:#353d48;--accent:#7fc1ee;--good:#7fd49b;\n"
    "--bad:#ff9b91;--warn:#edc06a;--run:#1b2f40;--file:#23231f;--edge:#8b96a4;--life:#5a9cc9;--user:#8dcaf2;\n"
    "--system:#d99a5b;--memory:#84b075}}\n";

static const char text[] =
    "*{box-sizing:border-box}\n"
    "html{-webkit-text-size-adjust:100%;text-size-adjust:100%}\n"
    "body{margin:0;background:var(--bg);color:var(--text);font:1rem/1.55 system-ui,-apple-system,\"Segoe UI\",Roboto,"
    "\"Noto Sans\",\"Liberation Sans\",Arial,sans-serif;font-variant-numeric:tabular-nums}\n"
    "header,main,footer{max-width:63rem;margin:0 auto;padding:0 1.25rem}\n"
    "header{padding-top:2.5rem}footer{padding-bottom:3rem;color:var(--muted);font-size:.875rem}\n"
    "h1,h2,h3{line-height:1.25;text-wrap:balance;font-weight:650}\n"
    "h1{font-size:1.9rem;margin:.2rem 0 .6rem;letter-spacing:-.01em;overflow-wrap:anywhere}\n"
    "h2{font-size:1.3rem;margin:0 0 .8rem}\n"
    "h3{font-size:1.02rem;margin:1.6rem 0 .5rem}\n"
    "p,ul,ol{max-width:44rem;margin:.6rem 0}\n"
    "section{margin:2.2rem 0 0;padding-top:1.6rem;border-top:1px solid var(--line)}\n"
    "code,pre,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,\"Liberation Mono\",\"DejaVu Sans Mono\","
    "monospace;font-size:.875em}\n"
    "code{unicode-bidi:isolate;overflow-wrap:anywhere}\n"
    "pre{background:var(--panel);border:1px solid var(--line);border-radius:6px;padding:.75rem 1rem;margin:.6rem 0;"
    "overflow-x:auto;line-height:1.5;white-space:pre-wrap;overflow-wrap:anywhere}\n"
    "pre code{font-size:1em}\n"
    "a{color:var(--accent);text-underline-offset:.15em}\n"
    ":focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:3px}\n"
    ".skip{position:absolute;left:-999rem}.skip:focus{left:1rem;top:1rem;background:var(--bg);padding:.5rem}\n"
    ".kicker{margin:0;color:var(--muted);font-size:.875rem;letter-spacing:.02em}\n"
    ".good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}.muted{color:var(--muted)}\n"
    ".note{font-size:.9rem;color:var(--muted)}\n"
    "nav ol{list-style:none;display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;margin:1.4rem 0 0;padding:0;max-width:none;"
    "font-size:.925rem}\n";

static const char parts[] =
    ".facts{display:flex;flex-wrap:wrap;gap:1px;margin:1.4rem 0 0;background:var(--line);border:1px solid var(--line);"
    "border-radius:8px;overflow:hidden}\n"
    ".facts div{background:var(--bg);padding:.6rem .85rem;flex:1 1 13rem}.facts.five div{flex-basis:10rem}\n"
    ".facts dt{color:var(--muted);font-size:.8rem}.facts dd{margin:.1rem 0 "
    "0;font-weight:600;overflow-wrap:anywhere;text-wrap:balance}\n"
    ".facts dd small{display:block;font-weight:400;color:var(--muted);font-size:.8rem}\n"
    ".scroll{overflow-x:auto;margin:.8rem 0;position:relative}\n"
    ".start{position:absolute;top:0;width:1px;height:1px;scroll-initial-target:nearest;scroll-snap-align:center}\n"
    "table{border-collapse:collapse;font-size:.9rem;min-width:100%}\n"
    "caption{text-align:left;color:var(--muted);font-size:.875rem;padding:0 0 .45rem}\n"
    "th,td{text-align:left;vertical-align:top;padding:.34rem .9rem .34rem 0;border-bottom:1px solid var(--line)}\n"
    "th:last-child,td:last-child{padding-right:0}\n"
    "thead th{font-size:.8rem;font-weight:600;color:var(--muted);border-bottom:2px solid var(--line);"
    "white-space:nowrap}\n"
    "tbody th{font-weight:600;white-space:nowrap}\n"
    ".n{text-align:right;white-space:nowrap}\n"
    ".nowrap{white-space:nowrap}\n"
    ".files td:first-child,.files td:last-child,.ids td:first-child{font-family:ui-monospace,SFMono-Regular,Menlo,"
    "Consolas,\"Liberation Mono\",\"DejaVu Sans Mono\",monospace;font-size:.79rem}\n"
    ".files td:first-child{min-width:15rem;overflow-wrap:anywhere;unicode-bidi:isolate}\n"
    ".files td:last-child{font-size:.72rem;white-space:nowrap;color:var(--muted)}\n"
    ".wide td:last-child{min-width:18rem}.command{min-width:15rem}.when{min-width:8rem}.plain tbody "
    "th{width:17rem}td code{overflow-wrap:break-word}\n"
    "details{margin:.8rem 0;border:1px solid var(--line);border-radius:6px}\n"
    "summary{cursor:pointer;padding:.5rem .85rem;font-weight:600;font-size:.925rem}\n"
    "summary:hover{background:var(--panel)}\n"
    "details>.scroll,details>pre,details>p{margin:.3rem .85rem .8rem}\n"
    "figure{margin:.8rem 0}\n"
    "figcaption{color:var(--muted);font-size:.875rem;max-width:44rem;margin:.5rem 0 0}\n"
    ".verdict{white-space:nowrap;font-weight:600}\n"
    ".key{display:inline-block;width:.8em;height:.8em;border-radius:2px;vertical-align:-.05em;margin-right:.3em}\n"
    ".key.life{background:var(--life)}.key.user{background:var(--user)}.key.system{background:var(--system)}"
    ".key.memory{background:var(--memory)}\n";

static const char drawings[] =
    "svg{display:block;font-family:system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\",\"Liberation Sans\","
    "Arial,sans-serif;font-size:12px}\n"
    "svg text{fill:var(--text)}svg .m{fill:var(--muted)}svg .b{font-weight:600}\n"
    "svg .c{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,\"Liberation Mono\",\"DejaVu Sans Mono\","
    "monospace;font-size:11px}\n"
    "svg .good{fill:var(--good)}svg .bad{fill:var(--bad)}svg .end{text-anchor:end}svg .mid{text-anchor:middle}\n"
    ".run{fill:var(--run);stroke:var(--accent)}.self{stroke-width:2.5}.file{fill:var(--file);stroke:var(--edge)}\n"
    ".edge{fill:none;stroke:var(--edge);stroke-width:1.3}.tip{fill:var(--edge)}\n"
    ".grid{stroke:var(--line)}.life{fill:var(--life)}.user{fill:var(--user)}.system{fill:var(--system)}"
    ".memory{fill:var(--memory)}\n"
    ".open{fill:none;stroke:var(--life);stroke-dasharray:3 3}\n";

/* On paper everything is there, and black on white, whatever the screen was set to. */
static const char print[] =
    "@media(max-width:34rem){h1{font-size:1.5rem}header{padding-top:1.5rem}tbody th{white-space:normal}"
    ".plain tbody th{width:9rem;min-width:7rem}.files td:first-child{min-width:10.5rem}.wide "
    "td:last-child{min-width:14rem}"
    ".facts div{flex-basis:9rem}}\n"
    "@media print{:root{color-scheme:light;--bg:#ffffff;--panel:#f7f7f7;--text:#000000;--muted:#444444;--line:#bbbbbb;"
    "--accent:#0b4a73;--good:#17693a;--bad:#a3261d;--warn:#6b4500;--run:#edf3f8;--file:#fbfaf6;--edge:#666666;"
    "--life:#4c86ad;--user:#0b5a8a;--system:#b0651c;--memory:#4f7f45}\n"
    "@page{margin:18mm 16mm}\n"
    "html{font-size:9.5pt}header,main,footer{max-width:none;padding:0}nav,.skip{display:none}\n"
    "section{break-inside:auto}h2,h3,caption{break-after:avoid}tr,figure{break-inside:avoid}\n"
    ".scroll{overflow:visible}svg{max-width:100%;height:auto}\n"
    "table{font-size:8pt}.files td:first-child,.ids td:first-child{font-size:7.5pt}.files "
    "td:last-child{white-space:normal;overflow-wrap:anywhere;font-size:6.5pt;"
    "max-width:9rem}\n"
    ".files td:first-child{min-width:0}.wide td:last-child{min-width:0}th,td{overflow-wrap:anywhere}\n"
    "details{border:0}details::details-content{content-visibility:visible;block-size:auto}"
    "a{color:inherit;text-decoration:none}}\n";

void report_style(struct buf *page)
{
    buf_add_text(page, "<style>\n");
    buf_add(page, colours, sizeof(colours) - 1);
    buf_add(page, text, sizeof(text) - 1);
    buf_add(page, parts, sizeof(parts) - 1);
    buf_add(page, drawings, sizeof(drawings) - 1);
    buf_add(page, print, sizeof(print) - 1);
    buf_add_text(page, "</style>\n");
}
