import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { access } from './vouchsafe.js'

/** Lets a request pass whose bearer has the entitlement; `about` adds what is asked about. */
function requires(entitlement, about = () => ({})) {
  return async (context, next) => {
    const question = { entitlement, ...about(context) }
    const { status, body } = await access(context.req.header('authorization'), question)
    if (status !== 200) return context.json(body, status)
    await next()
  }
}

const app = new Hono()
app.get('/open', (context) => context.json({ open: true }))
app.get('/docs/:page', requires('docs_paid'), (context) => context.json({ page: context.req.param('page') }))
const product = (context) => ({ resource: { kind: 'product', id: context.req.param('app') } })
app.get('/apps/:app', requires('download', product), (context) =>
  context.json({ app: context.req.param('app') }),
)
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env.PORT ?? 8090) }, ({ port }) =>
  console.log(`listening on ${port}`),
)
