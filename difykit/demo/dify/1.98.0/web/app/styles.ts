const styles = `
:root { color-scheme: light dark; --ink: #1d2433; --soft: #667085; --line: #e4e7ec; --paper: #fff; --ground: #f5f6f8; --accent: #2356f6 }
@media (prefers-color-scheme: dark) { :root { --ink: #eceef2; --soft: #98a2b3; --line: #2c3444; --paper: #1b2130; --ground: #121722; --accent: #7c9bff } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
a { color: var(--accent); text-decoration: none }
header { display: flex; gap: 24px; align-items: center; padding: 14px 28px; background: var(--paper); border-bottom: 1px solid var(--line) }
header strong { margin-right: auto }
main { max-width: 1040px; margin: 0 auto; padding: 28px }
h1 { margin: 0 0 16px; font-size: 22px }
.grid { display: grid; gap: 16px; grid-template-columns: repeat(auto-fill, minmax(240px, 1fr)); padding: 0; list-style: none }
.card { padding: 20px; background: var(--paper); border: 1px solid var(--line); border-radius: 14px; box-shadow: 0 1px 2px #1018280d }
.card p { margin: 6px 0 0; color: var(--soft) }
body > .card { width: min(380px, 92vw); margin: 16vh auto 0 }
form { display: grid; gap: 14px }
label { display: grid; gap: 4px; color: var(--soft); font-size: 13px }
input, button { padding: 10px 12px; border: 1px solid var(--line); border-radius: 9px; background: none; color: inherit; font: inherit }
button { border: 0; background: var(--accent); color: var(--paper); font-weight: 600; cursor: pointer }
`

export default styles
