// A limit in time for what other people's code promises.

/** What `work` resolves with; rejects when it takes longer than `limitMs`. */
export async function within<T> (limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => { reject(new Error(`not finished after ${limitMs} ms`)) }, limitMs)
  })
  try {
    return await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
  }
}
