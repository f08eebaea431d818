// The table of operations is sound: every state has its answer, and nothing is both possible and done.
import t from 'tap'
import { OPERATIONS, RULES, verdictOf, BATCH_OPERATIONS, type Operation } from '../../src/model/operation.js'
import { FINAL_STATES } from '../../src/model/delivery.js'
import type { DeliveryState } from '../../src/model/generated.js'
import { SCHEMAS } from '../../src/schema.js'

const STATES = SCHEMAS.delivery.$defs.state.enum as DeliveryState[]

t.test('each operation in each state has one verdict', async t => {
  const expected: Record<Operation, string> = {
    //        queued active deferred available blocked held delivered refused dead expired cancelled
    retry: '    done   done   yes      no        done    yes  no        yes     yes  yes     no',
    cancel: '   yes    no     yes      yes       yes     yes  no        no      yes  no      done',
    hold: '     yes    no     yes      no        yes     done no        no      no   no      no',
    release: '  done   done   no       no        done    yes  no        no      no   no      no',
    redirect: ' yes    no     yes      yes       yes     yes  no        yes     yes  yes     no',
    resend: '   no     no     no       no        no      no   yes       no      no   no      no'
  }
  const words = { allowed: 'yes', done: 'done', refused: 'no' }
  for (const operation of OPERATIONS) {
    t.same(STATES.map(state => words[verdictOf(operation, state)]), expected[operation].trim().split(/ +/), `${operation} over ${STATES.join(' ')}`)
  }
})

t.test('nothing is done to an attempt under way, and whatever waits can be given up', async t => {
  for (const operation of OPERATIONS) t.notOk(RULES[operation].from.includes('active'))
  const waiting = STATES.filter(state => !(FINAL_STATES as readonly string[]).includes(state) && state !== 'active')
  t.ok(waiting.every(state => verdictOf('cancel', state) === 'allowed'))
  t.notOk((BATCH_OPERATIONS as readonly string[]).includes('resend'), 'nobody sends thousands twice by one word')
})
