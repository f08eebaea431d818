// Exchange of documents through a partner's queues: the national axis and the platforms of provinces speak cousins of one
// protocol. What they share, whatever the wire looks like.
export { accountNaming, digestOf, type Errand, fieldsOf, plainCode, type Registration, runErrands } from './agencies.js'
export { createEdocCodes, type EdocCodes, type Meaning } from './codes.js'
export { checkStatus, EdocFailure, factsOf, failureOf, nonsense, outcomeOfProbe } from './failure.js'
export { type AnswerShape, readMessage } from './message.js'
export { createVerdicts, type EdocQueue, type Polling, pollQueues, type Verdict, type Verdicts } from './queue.js'
export { type QueueItem, readAgencies, readItem, readSentList, readTime, rowsOf, type SentEntry } from './records.js'
export { createSendOnce, messageTypeOf, type Post, type Sending } from './send-once.js'
export { createSharedList, type ReadList } from './shared-list.js'
