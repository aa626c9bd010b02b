import type { ComponentType, ReactNode } from 'react'
import http from 'node:http'
import { prerenderToNodeStream } from 'react-dom/static'
import nextConfig from '@/next.config'

type Metadata = { title?: string }
type Module<Props> = { default: ComponentType<Props>, metadata?: Metadata }
type PageProps = { params: Promise<Record<string, string>>, searchParams: Promise<Record<string, string>> }
export type Route = { route: string, page: Module<PageProps>, layouts: Module<{ children: ReactNode }>[] }

// What a [name] in the route stands for in this path, or nothing where they do not fit.
function match(route: string, pathname: string): Record<string, string> | undefined {
  const wanted = route.split('/').filter(Boolean)
  const given = pathname.split('/').filter(Boolean)
  if (wanted.length !== given.length)
    return undefined
  const params: Record<string, string> = {}
  for (const [i, part] of wanted.entries()) {
    if (/^\[\w+\]$/.test(part))
      params[part.slice(1, -1)] = given[i]
    else if (part !== given[i])
      return undefined
  }
  return params
}

function NotFound() {
  return (
    <section className="card">
      <h1>404</h1>
      <p>There is no such page.</p>
    </section>
  )
}

async function render(routes: Route[], url: URL) {
  const pathname = decodeURIComponent(url.pathname)
  const exact = routes.find(({ route }) => route === pathname)
  const found = exact ?? routes.find(({ route }) => match(route, pathname))
  const Page = found?.page.default ?? NotFound
  const params = (found && match(found.route, pathname)) ?? {}
  // Somebody lost gets the outermost layout, which every page shares.
  const layouts = found?.layouts ?? routes[0]?.layouts.slice(0, 1) ?? []
  const title = [found?.page, ...layouts.toReversed()].find(each => each?.metadata?.title)?.metadata?.title
  let tree: ReactNode = (
    <>
      {title && <title>{title}</title>}
      <Page params={Promise.resolve(params)} searchParams={Promise.resolve(Object.fromEntries(url.searchParams))} />
    </>
  )
  for (const { default: Layout } of layouts.toReversed())
    tree = <Layout>{tree}</Layout>
  const { prelude } = await prerenderToNodeStream(tree)
  const chunks: Buffer[] = []
  for await (const chunk of prelude)
    chunks.push(Buffer.from(chunk))
  return { status: found ? 200 : 404, html: Buffer.concat(chunks) }
}

export function serve(routes: Route[]) {
  const port = Number(process.env.PORT || 3000)
  const host = process.env.HOSTNAME || '0.0.0.0'
  const server = http.createServer(async (request, response) => {
    response.setHeader('X-Frame-Options', 'DENY')
    response.setHeader('Content-Type', 'text/html; charset=utf-8')
    try {
      const url = new URL(request.url ?? '/', 'http://web')
      const redirect = nextConfig.redirects.find(({ source }) => source === url.pathname)
      if (redirect) {
        response.writeHead(307, { Location: redirect.destination }).end()
        return
      }
      const { status, html } = await render(routes, url)
      response.writeHead(status).end(request.method === 'HEAD' ? undefined : html)
    }
    catch (error) {
      console.error(request.url, error)
      response.writeHead(500).end('<!DOCTYPE html><title>500</title><h1>500</h1>This page could not be made. The server\'s log says why.')
    }
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => { server.close(() => process.exit(0)); server.closeAllConnections() })
  server.listen(port, host, () => console.log(`web listens on http://${host}:${port}`))
}
