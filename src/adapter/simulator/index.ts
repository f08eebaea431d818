// For simulators of other systems: a server that is driven from outside, switches for accidents, and queues of messages.
export { beLate, createFaultSwitches, type FaultSwitches, NO_QUEUE_FAULTS, type QueueFaults, spendFault, wrongAnswer } from './faults.js'
export { createQueueHarness, type QueueSimulator } from './harness.js'
export { type MessageFacts, readMessageFacts } from './message-facts.js'
export { createQueueTables, type Listed, listTime, type MessageRow, putMessage, type QueueRow, type QueueTables, sentRows, setStatus } from './queues.js'
export { answerControl, type SimulatorCommand, type SimulatorControl, fieldsIn, openSimulatorServer, readRequest, type SimulatorServer, wallClock } from './server.js'
