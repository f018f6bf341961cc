// A service behind the gateway: it says what reached it.
import { createServer } from 'node:http'

const port = Number(process.env.PORT ?? 8090)
const server = createServer((request, response) => {
  const headers = []
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    headers.push([request.rawHeaders[at], request.rawHeaders[at + 1]])
  }
  const body = `${JSON.stringify({ method: request.method, url: request.url, headers }, null, 2)}\n`
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  response.end(body)
})
server.listen(port, '127.0.0.1', () => console.log(`upstream on 127.0.0.1:${server.address().port}`))
