import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readAccessLine } from '#cli/routes/read-access-line.ts'

test.each([
  [
    'nginx, combined',
    '203.0.113.9 - ada [10/Oct/2026:13:55:36 +0000] "GET /apps/7?x=1 HTTP/1.1" 200 2326 "https://a.example/" "curl/8 \\"x\\""',
    { method: 'GET', target: '/apps/7?x=1' },
  ],
  [
    'Envoy, text',
    '[2026-04-15T20:17:00.310Z] "POST /api/v1/locations HTTP/2" 204 - 154 0 226 100 "10.0.35.28" "nsq2http" "cc21d9b0-cf5c-432b" "locations.example:8443" "tcp://10.0.2.1:80"',
    { method: 'POST', target: '/api/v1/locations', host: 'locations.example' },
  ],
  [
    'Envoy, JSON',
    '{"start_time":"2026-04-15T20:17:00.310Z","method":"GET","path":"/a","protocol":"HTTP/2","response_code":200,"authority":"App.example"}',
    { method: 'GET', target: '/a', host: 'app.example' },
  ],
  [
    'Caddy, JSON',
    '{"level":"info","ts":1646861401.5,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"127.0.0.1","proto":"HTTP/2.0","method":"GET","host":"localhost:8443","uri":"/b?c","headers":{"User-Agent":["curl"]}},"status":200}',
    { method: 'GET', target: '/b?c', host: 'localhost' },
  ],
])('%s', (_case, line, read) => {
  expect(readAccessLine(line)).toEqual(read)
})

test('a client that chose the text of a line makes no other request of it', () => {
  const agent = '1.2.3.4 - - [10/Oct/2026:13:55:36 +0000] "GET /a HTTP/1.1" 200 1 "-" "\\" GET /b HTTP/1.1"'
  expect(readAccessLine(agent)).toEqual({ method: 'GET', target: '/a' })
  expect(readAccessLine('1.2.3.4 - - [x] "\\x16\\x03\\x01" 400 0 "-" "-"')).toBeUndefined()
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (line) => void readAccessLine(line)))
})
