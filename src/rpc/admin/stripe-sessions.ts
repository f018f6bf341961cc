import type { HolderRef } from '#admin/grant-types.ts'
import { invalid } from '#admin/invalid.ts'
import type { Role } from '#core/tenant-view.ts'
import { StripeService } from '#gen/vouchsafe/admin/v1/stripe_service_pb.ts'
import { byOf } from '#rpc/by.ts'
import { limits } from '#rpc/limits.ts'
import type { RpcNeeds } from '#rpc/needs.ts'
import { granters } from '#rpc/roles.ts'
import { type Rpc, unary } from '#rpc/rpc.ts'
import { documentOf, messageOf } from './document.ts'
import { given } from './serve.ts'

/** The shop's own service opens them, for the person it serves. */
const sellers: readonly Role[] = [...granters, 'service']
const selling = { roles: sellers, refused: ['worker'], longestMs: limits.changeDeadlineMs } as const

export function stripeSessionRpcs(needs: RpcNeeds): readonly Rpc[] {
  const { createCheckoutSession, createPortalSession } = StripeService.method
  return [
    unary(createCheckoutSession, selling, async (message, ctx) => {
      const { tenant, reason: _, ...asked } = documentOf(createCheckoutSession.input, message)
      const holder = given(asked.holder, 'holder') as HolderRef
      webAddress('success_url', asked.success_url)
      webAddress('cancel_url', asked.cancel_url)
      const mode = asked.mode === 'payment' ? 'payment' : 'subscription'
      checkWhat(asked, mode)
      const by = byOf(needs, ctx, tenant, sellers)
      const made = await needs.stripe.createCheckout(by, { ...asked, holder, mode })
      return messageOf(createCheckoutSession.output, made)
    }),
    unary(createPortalSession, selling, async (message, ctx) => {
      const { tenant, ...asked } = documentOf(createPortalSession.input, message)
      const holder = given(asked.holder, 'holder') as HolderRef
      webAddress('return_url', asked.return_url)
      const by = byOf(needs, ctx, tenant, sellers)
      const made = await needs.stripe.createPortal(by, { ...asked, holder })
      return messageOf(createPortalSession.output, made)
    }),
  ]
}

type What = {
  readonly plan: string
  readonly lines: readonly unknown[]
  readonly quantity: number
  readonly trial_days: number
}

function checkWhat({ plan, lines, quantity, trial_days }: What, mode: string): void {
  if ((plan === '') === (lines.length === 0)) throw invalid('plan', 'Say a plan, or lines: one of them.')
  if (plan === '' && quantity > 0) throw invalid('quantity', 'Each line has its own quantity.')
  if (trial_days > 0 && mode === 'payment') throw invalid('trial_days', 'What is paid once has no trial.')
}

/** Where a person is sent: never a script, nor over an open line to another machine. */
function webAddress(field: string, text: string): void {
  const url = URL.parse(text.replaceAll('{CHECKOUT_SESSION_ID}', 'cs_1'))
  const local = url !== null && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && local)) return
  throw invalid(field, 'It has to be an https address, or http on this machine.')
}
