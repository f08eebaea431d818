// Who speaks to the hub, as every door and every rule about permissions sees it.

/** Who brings a package or reads traffic. */
export interface Caller {
  /** client:ID or endpoint:ID, as events name their actor. */
  readonly id: string
  /** Main codes of the agencies it may speak for and read. */
  readonly agencies: readonly string[]
  /** An operator reads everything, and sends for nobody. */
  readonly role: 'agency' | 'operator'
}
