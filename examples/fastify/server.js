import { fastify } from 'fastify'
import { access } from './vouchsafe.js'

/** Lets a request pass whose bearer has the entitlement; `about` adds what is asked about. */
function requires(entitlement, about = () => ({})) {
  return async (request, reply) => {
    const question = { entitlement, ...about(request) }
    const { status, body } = await access(request.headers.authorization, question)
    if (status !== 200) return reply.code(status).send(body)
  }
}

const app = fastify()
app.get('/open', async () => ({ open: true }))
app.get('/docs/:page', { preHandler: requires('docs_paid') }, async ({ params }) => ({ page: params.page }))
const product = ({ params }) => ({ resource: { kind: 'product', id: params.app } })
app.get('/apps/:app', { preHandler: requires('download', product) }, async ({ params }) => ({
  app: params.app,
}))
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 8090) })
console.log(`listening on ${app.server.address().port}`)
