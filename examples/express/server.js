import express from 'express'
import { access } from './vouchsafe.js'

/** Lets a request pass whose bearer has the entitlement; `about` adds what is asked about. */
function requires(entitlement, about = () => ({})) {
  return async (request, response, next) => {
    const { status, body } = await access(request.get('authorization'), { entitlement, ...about(request) })
    if (status === 200) next()
    else response.status(status).json(body)
  }
}

const app = express()
app.get('/open', (_request, response) => response.json({ open: true }))
app.get('/docs/:page', requires('docs_paid'), (request, response) =>
  response.json({ page: request.params.page }),
)
const product = (request) => ({ resource: { kind: 'product', id: request.params.app } })
app.get('/apps/:app', requires('download', product), (request, response) =>
  response.json({ app: request.params.app }),
)
const server = app.listen(Number(process.env.PORT ?? 8090), '127.0.0.1', (error) => {
  if (error) throw error
  console.log(`listening on ${server.address().port}`)
})
