// placeholder, replaced in the next commit
export interface Spooled { discard (): Promise<void> }
