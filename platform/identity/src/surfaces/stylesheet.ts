/**
 * How pages look: the system's own font, one column, light or dark as the reader likes it, a clear focus. What matters most
 * is a filled button, its opposite an outlined one (`other`), and a way to another page a plain one (`link`).
 */
export const stylesheet = `
:root { color-scheme: light dark; --ink: #1a1d29; --muted: #565c6e; --paper: #eff1f6; --card: #fff; --edge: #dde1ea; --line: #7b8294; --accent: #2348b8; --on-accent: #fff; --alarm: #a1121f; --alarm-paper: #fdecee; --good: #14653a; --good-paper: #e3f4ea }
@media (prefers-color-scheme: dark) { :root { --ink: #eceef5; --muted: #a9b0c2; --paper: #0f1117; --card: #191c26; --edge: #2f3546; --line: #7f879b; --accent: #a5bdff; --on-accent: #101d42; --alarm: #ffb0b7; --alarm-paper: #3b171c; --good: #8fdcae; --good-paper: #14301f } }
* { box-sizing: border-box }
[hidden] { display: none !important }
body { margin: 0; padding: 0 1rem 2rem; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
header, main { max-width: 27rem; margin: 0 auto }
header { display: flex; align-items: center; justify-content: center; gap: .5rem; padding: min(8vh, 4rem) 0 1.25rem; font-size: 1.125rem; font-weight: 650; letter-spacing: .01em }
header svg { color: var(--accent) }
main { padding: 2rem; background: var(--card); border: 1px solid var(--edge); border-radius: 1rem; box-shadow: 0 1px 2px #0000000d, 0 8px 24px #0000000f }
main > :last-child, form > :last-child, li > :last-child { margin-bottom: 0 }
code { font-size: 1.125rem; letter-spacing: .05em; overflow-wrap: anywhere }
form > .link:last-child { margin-bottom: -.75rem }
h1 { margin: 0 0 1.25rem; font-size: 1.5rem; line-height: 1.25; font-weight: 650; letter-spacing: -.01em; overflow-wrap: anywhere }
h2 { margin: 0 0 .25rem; font-size: 1.125rem; font-weight: 650; overflow-wrap: anywhere }
p, ul, dl, form { margin: 0 0 1.25rem; overflow-wrap: anywhere }
ul { padding-left: 1.25rem }
li { margin-bottom: .25rem }
ul:has(> li > a) { padding: 0; list-style: none; border: 1px solid var(--edge); border-radius: .625rem }
li:has(> a) { position: relative; margin: 0; padding: .75rem 1rem; color: var(--muted) }
li + li:has(> a) { border-top: 1px solid var(--edge) }
li > a { display: block; font-weight: 600; text-decoration: none }
li > a::after { content: ''; position: absolute; inset: 0 }
ul.cards { padding: 0; list-style: none }
ul.cards > li { margin-bottom: 1rem; padding: 1rem; border: 1px solid var(--edge); border-radius: .625rem }
ul.cards form { margin-bottom: 0 }
ul.cards dl { display: grid; grid-template-columns: 2fr 3fr; gap: .25rem .75rem }
ul.cards dd { margin: 0; min-width: 0; font-weight: 500 }
dt { color: var(--muted); font-size: .875rem }
dd { margin: 0 0 .75rem; font-weight: 600 }
label { display: block; margin-bottom: .375rem; font-weight: 600 }
input:not([type=hidden]) { display: block; width: 100%; min-height: 2.75rem; margin-bottom: 1.25rem; padding: .5rem .75rem; font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: .5rem }
input[aria-invalid=true] { border-color: var(--alarm); box-shadow: 0 0 0 1px var(--alarm) }
input + p { margin-top: -.75rem; color: var(--muted); font-size: .875rem }
.choice { display: flex; gap: .625rem; margin-bottom: 1.25rem; font-weight: 400 }
.choice input[type=checkbox] { flex: none; width: 1.25rem; min-height: 1.25rem; margin: .125rem 0 0; padding: 0; accent-color: var(--accent) }
input[name=user_code] { font-size: 1.25rem; letter-spacing: .1em; text-transform: uppercase }
button { display: block; width: 100%; min-height: 2.75rem; margin-bottom: .75rem; padding: .5rem 1rem; font: inherit; font-weight: 600; color: var(--on-accent); background: var(--accent); border: 1px solid var(--accent); border-radius: .5rem; cursor: pointer }
button:hover { filter: brightness(1.08) }
button.other { color: var(--ink); background: transparent; border-color: var(--line) }
button.link { color: var(--accent); background: transparent; border-color: transparent; font-weight: 500 }
button.other:hover, button.link:hover, li:has(> a:hover) { background: var(--paper); filter: none }
a { color: var(--accent) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
[role=alert] { padding: .75rem 1rem; color: var(--alarm); background: var(--alarm-paper); border: 1px solid; border-radius: .625rem; font-weight: 600 }
[role=status] { padding: .75rem 1rem; color: var(--good); background: var(--good-paper); border: 1px solid; border-radius: .625rem }
.symbol ~ [role=status] { padding: 0; color: inherit; background: none; border: 0 }
.person { padding: .75rem 1rem; background: var(--paper); border: 1px solid var(--edge); border-radius: .625rem }
.aside { color: var(--muted); font-size: .875rem }
.code { padding: .75rem; background: var(--paper); border: 1px solid var(--edge); border-radius: .625rem; font-size: 1.5rem; text-align: center; letter-spacing: .1em }
.qr { display: block; width: 15rem; max-width: 100%; margin: 0 auto 1.25rem; border-radius: .625rem }
.symbol { display: block; margin-bottom: 1rem; padding: .75rem; width: 3rem; height: 3rem; border-radius: 50%; color: var(--accent); background: var(--paper) }
.done { color: var(--good); background: var(--good-paper) }
.problem { color: var(--alarm); background: var(--alarm-paper) }
@media (max-width: 30rem) { body { padding: 0 1.25rem 2rem; background: var(--card) } header { justify-content: start; padding: 1.25rem 0 1.5rem } main { padding: 0; border: 0; box-shadow: none } }
`
