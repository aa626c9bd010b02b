// Run before a build of Next.js, in its folder: what Google Fonts would answer, as the file that
// NEXT_FONT_GOOGLE_MOCKED_RESPONSES names. With a mirror it is the mirror's answer; with `none` each font is the
// visitor's own of that name, and nobody is asked. Which fonts there are, and their addresses, Next.js itself says.
const fs = require('node:fs')
const path = require('node:path')
const vm = require('node:vm')

const [mirror, out] = process.argv.slice(2)
const fail = (text) => { console.error(`difykit: fonts: ${text}`); process.exit(1) }
const next = (name) => require(require.resolve(`next/${name}`, { paths: [process.cwd()] }))
const google = (name) => next(`dist/compiled/@next/font/dist/google/${name}`)
// The answer depends on who asks; this one gets woff2.
const AGENT = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/104.0.0.0 Safari/537.36'

function* sources(folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const place = path.join(folder, entry.name)
    if (entry.isDirectory() && entry.name !== 'node_modules' && !entry.name.startsWith('.')) yield* sources(place)
    else if (entry.isFile() && /\.(?:[cm]?[jt]s|[jt]sx)$/.test(entry.name)) yield place
  }
}

function literal(text, start) {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    if (text[at] === '{') depth++
    else if (text[at] === '}' && --depth === 0) return text.slice(start, at + 1)
  }
  return '{}'
}

// [font, options] of each call; Next.js takes literals only, so that they can be read without running the file.
function* calls(file) {
  const text = fs.readFileSync(file, 'utf8')
  for (const found of text.matchAll(/import\s*\{([^}]*)\}\s*from\s*['"]next\/font\/google['"]/g)) {
    for (const item of found[1].split(',').map(each => each.trim()).filter(Boolean)) {
      const [font, own = font] = item.split(/\s+as\s+/)
      for (const call of text.matchAll(new RegExp(`\\b${own}\\s*\\(\\s*(\\{)?`, 'g')))
        yield [font, call[1] ? vm.runInNewContext(`(${literal(text, call.index + call[0].length - 1)})`) : {}]
    }
  }
}

function wanted(font, options) {
  const call = google('validate-google-font-function-call').validateGoogleFontFunctionCall(font, options)
  const axes = google('get-font-axes').getFontAxes(call.fontFamily, call.weights, call.styles, call.selectedVariableAxes)
  return [call.fontFamily, google('get-google-fonts-url').getGoogleFontsUrl(call.fontFamily, axes, call.display)]
}

// Turbopack takes the files of a mocked answer from their addresses, webpack from the disk alone.
function turbopack() {
  const script = JSON.parse(fs.readFileSync('package.json', 'utf8')).scripts?.build ?? ''
  if (/--webpack\b/.test(script)) return false
  return /--turbo/.test(script) || Number.parseInt(next('package.json').version) >= 16
}

const moved = (url) => { const { pathname, search } = new URL(url); return mirror.replace(/\/$/, '') + pathname + search }

async function ask(url) {
  for (let left = 2; ; left--) {
    try {
      const answer = await fetch(url, { headers: { 'User-Agent': AGENT } })
      if (!answer.ok) throw new Error(`status ${answer.status}`)
      return Buffer.from(await answer.arrayBuffer())
    }
    catch (error) {
      if (!left) fail(`the mirror does not give ${url}: ${error.cause?.message ?? error.message}`)
    }
  }
}

async function answer(family, url) {
  if (mirror === 'none') return `@font-face { font-family: '${family}'; src: local('${family}'); }`
  let css = (await ask(moved(url))).toString()
  const host = new URL(mirror).host
  for (const file of new Set([...css.matchAll(/url\(['"]?([^'")]+)/g)].map(found => found[1]))) {
    const there = new URL(file, mirror).host === host ? new URL(file, mirror).href : moved(file)
    let place = there
    if (!turbopack()) {
      place = path.join(path.dirname(out), `font-${fs.readdirSync(path.dirname(out)).length}${path.extname(new URL(there).pathname)}`)
      fs.writeFileSync(place, await ask(there))
    }
    css = css.replaceAll(file, place)
  }
  return css
}

async function main() {
  const found = {}
  for (const file of sources('.'))
    for (const [font, options] of calls(file)) {
      const [family, url] = wanted(font, options)
      found[url] ??= await answer(family, url)
    }
  fs.writeFileSync(out, `module.exports = ${JSON.stringify(found, null, 1)}\n`)
  console.log(`fonts: ${mirror === 'none' ? 'none is fetched' : `by ${mirror}`}: ${Object.keys(found).join(' ') || 'the source names none'}`)
}

main().catch(error => fail(error.message))
