export declare class OpenLoop {
  constructor(perSecond: number, begin: (index: number) => unknown, options?: { readonly batchMs?: number })
  get begun(): number
  get latestMs(): number
  end(): Promise<void>
}
