import type { Events } from './events.ts'
import type { Store } from './store.ts'

/** What takes the money of a charge back. */
export function createRefunds(store: Store, { emit }: Events) {
  const { seconds } = store
  const settle = (id: string): void => {
    const charge = store.get('charge', id)
    const kept = store.all('refund').filter((each) => each.charge === id && each.status !== 'failed')
    charge.amount_refunded = kept.reduce((sum, each) => sum + Number(each.amount), 0)
    charge.refunded = charge.amount_refunded === charge.amount
  }
  return {
    /** Of all that is left, or of an amount. */
    refund: (charge: string, amount?: number): string => {
      const of = store.get('charge', charge)
      const id = store.newId('re')
      const made = store.add({
        id,
        object: 'refund',
        created: seconds(),
        amount: amount ?? Number(of.amount) - Number(of.amount_refunded),
        charge,
        currency: 'usd',
        metadata: {},
        payment_intent: of.payment_intent,
        reason: null,
        status: 'succeeded',
      })
      settle(charge)
      emit('refund.created', made)
      emit('charge.refunded', of)
      return id
    },
    /** The bank did not take it: the money is Stripe's again. */
    failRefund: (id: string): void => {
      const refund = Object.assign(store.get('refund', id), { status: 'failed' })
      settle(String(refund.charge))
      emit('refund.updated', refund)
      emit('refund.failed', refund)
    },
    dispute: (charge: string, status = 'needs_response'): string => {
      const of = Object.assign(store.get('charge', charge), { disputed: true })
      const id = store.newId('dp')
      const made = store.add({
        id,
        object: 'dispute',
        created: seconds(),
        amount: of.amount,
        balance_transactions: [],
        charge,
        currency: 'usd',
        enhanced_eligibility_types: [],
        evidence: evidence(),
        evidence_details: {
          due_by: null,
          enhanced_eligibility: {},
          has_evidence: false,
          past_due: false,
          submission_count: 0,
        },
        is_charge_refundable: false,
        livemode: store.livemode,
        metadata: {},
        payment_intent: of.payment_intent,
        reason: 'general',
        status,
      })
      emit('charge.dispute.created', made)
      emit('charge.dispute.funds_withdrawn', made)
      return id
    },
    closeDispute: (id: string, status: 'won' | 'lost'): void => {
      const dispute = Object.assign(store.get('dispute', id), { status })
      emit('charge.dispute.closed', dispute)
      if (status === 'won') emit('charge.dispute.funds_reinstated', dispute)
    },
  }
}

const evidence = () => ({ enhanced_evidence: {} })
