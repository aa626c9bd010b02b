// Makes .next/standalone/server.js out of app/**/page.tsx and layout.tsx: one file, nothing else needed to run it.
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const output = path.join(root, '.next', 'standalone', 'server.js')

// Every folder below app/ with a page, and the layouts from the root down to it.
function pagesBelow(folder, segments, layouts) {
  const has = name => fs.existsSync(path.join(root, folder, name))
  const around = has('layout.tsx') ? [...layouts, `${folder}/layout.tsx`] : layouts
  const found = has('page.tsx') ? [{ route: `/${segments.join('/')}`, file: `${folder}/page.tsx`, layouts: around }] : []
  for (const entry of fs.readdirSync(path.join(root, folder), { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name.startsWith('_'))
      continue
    const isGroup = /^\(.*\)$/.test(entry.name) // (group) is for layouts only, it is not part of the URL
    found.push(...pagesBelow(`${folder}/${entry.name}`, isGroup ? segments : [...segments, entry.name], around))
  }
  return found
}

const pages = pagesBelow('app', [], [])
for (const page of pages) {
  const twin = pages.find(other => other !== page && other.route === page.route)
  if (twin)
    throw new Error(`${page.file} and ${twin.file} both answer to ${page.route}`)
}

const names = new Map()
const nameOf = (file) => {
  if (!names.has(file))
    names.set(file, `module${names.size}`)
  return names.get(file)
}
const table = pages.map(({ route, file, layouts }) =>
  `  { route: ${JSON.stringify(route)}, page: ${nameOf(file)}, layouts: [${layouts.map(nameOf).join(', ')}] },`)
const entry = [
  'import { serve } from \'@/scripts/server\'',
  ...[...names].map(([file, name]) => `import * as ${name} from ${JSON.stringify(`./${file}`)}`),
  `serve([\n${table.join('\n')}\n])`,
].join('\n')

fs.rmSync(path.dirname(output), { recursive: true, force: true })
await build({
  stdin: { contents: entry, resolveDir: root, sourcefile: 'routes.ts', loader: 'ts' },
  absWorkingDir: root,
  outfile: output,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  jsx: 'automatic',
  minifySyntax: true,
  define: { 'process.env.NODE_ENV': '"production"' },
  logLevel: 'warning',
})
// The folder above says "type": "module", the bundle is CommonJS.
fs.writeFileSync(path.join(path.dirname(output), 'package.json'), '{ "type": "commonjs" }\n')
for (const { route, file } of pages.sort((a, b) => a.route.localeCompare(b.route)))
  console.log(`${route.padEnd(24)} ${file}`)
