/** How pages look: the system's own font, one column, light or dark as the reader likes it, a clear focus. */
export const stylesheet = `
:root { color-scheme: light dark; --ink: #1c1d22; --paper: #f5f5f2; --card: #fff; --line: #767680; --accent: #1d4fa8; --on-accent: #fff; --alarm: #a1121f }
@media (prefers-color-scheme: dark) { :root { --ink: #ececf0; --paper: #17181c; --card: #212329; --line: #8e8e99; --accent: #9cc0ff; --on-accent: #10203d; --alarm: #ff9ba3 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
main { max-width: 27rem; margin: 8vh auto 2rem; padding: 1.5rem; background: var(--card); border-radius: .75rem }
@media (max-width: 30rem) { main { margin: 0 auto; min-height: 100vh; border-radius: 0 } }
h1 { margin: 0 0 1rem; font-size: 1.4rem; line-height: 1.25; overflow-wrap: anywhere }
p, ul, dl { margin: 0 0 1rem; overflow-wrap: anywhere }
ul.cards { padding: 0; list-style: none }
ul.cards li { margin-bottom: 1rem; padding: 1rem 1rem .25rem; border: 1px solid var(--line); border-radius: .5rem }
dt { font-weight: 600 }
dd { margin: 0 0 .5rem }
label { display: block; margin-bottom: .25rem; font-weight: 600 }
input:not([type=hidden]) { display: block; width: 100%; min-height: 2.75rem; margin-bottom: 1rem; padding: .5rem .75rem; font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line); border-radius: .5rem }
button { display: block; width: 100%; min-height: 2.75rem; margin-bottom: .75rem; padding: .5rem 1rem; font: inherit; font-weight: 600; color: var(--on-accent); background: var(--accent); border: 2px solid var(--accent); border-radius: .5rem; cursor: pointer }
button.other { color: var(--accent); background: transparent }
a { color: var(--accent) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
[role=alert] { color: var(--alarm); font-weight: 600 }
svg { display: block; width: 15rem; max-width: 100%; margin: 0 auto 1rem }
code { font-size: 1.3rem; letter-spacing: .1em }
`
