/**
 * What is told about failures of work in the background. One for the whole process, as for exceptions that nothing catches; `main.ts`
 * sets it. Until then they count as such exceptions.
 */
let report = (error: unknown): void => {
  throw error
}

export function reportFailuresTo(listener: (error: unknown) => void): void {
  report = listener
}

/**
 * Owns work that nobody awaits. It is not meant to fail: a failure is a bug, and is reported. It does not end the process, because
 * the work may have begun with what a stranger sent.
 *
 * @param afterFailure gives back what the work held, or goes on without it
 */
export function inBackground(work: Promise<unknown>, afterFailure = (): void => {}): void {
  work.catch((error: unknown) => {
    afterFailure()
    report(error)
  })
}
