const { PDP_URL = 'http://127.0.0.1:7071', PDP_KEY = '' } = process.env
const denials = [401, 402, 403, 404, 429]

/** Asks whether the bearer has an entitlement: {status: 200}, or the status and body to answer with. No answer is a denial, and the log has the id of each decision. */
export async function access(authorization, question) {
  const accessToken = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
  if (accessToken === undefined) return { status: 401, body: { error: 'A token is required.' } }
  try {
    const response = await fetch(`${PDP_URL}/v1/access`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-internal-token': PDP_KEY },
      body: JSON.stringify({ subject: { accessToken }, ...question }),
      signal: AbortSignal.timeout(2000),
    })
    const body = await response.json()
    const denied = denials.includes(response.status) ? response.status : 503
    const status = response.status === 200 && body.allowed === true ? 200 : denied
    console.log(JSON.stringify({ entitlement: question.entitlement, status, decision_id: body.decision_id }))
    return { status, body }
  } catch {
    return { status: 503, body: { error: 'There is no answer just now.' } }
  }
}
