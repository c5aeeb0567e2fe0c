import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** How often the event loop's delay is sampled: the default of 10 ms would cost more than all the rest of a settled process. */
const EVENT_LOOP_SAMPLE_MS = 1000

/** Default metrics that walk all handles with each scrape: with ten thousand sockets nothing else happens meanwhile. */
const WALKS_ALL_SOCKETS = ['handles', 'requests', 'resources'].flatMap((what) => [
  `nodejs_active_${what}`,
  `nodejs_active_${what}_total`,
])

/** Seconds; for what takes milliseconds. */
const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]

/** Metrics that events change. */
export interface EventMetrics<Event> {
  apply(event: Event): void
  /** The exposition text, and the content type that goes with it. */
  expose(): Promise<{ text: string; contentType: string }>
}

/** Prometheus metrics of one process, beside those of Node.js itself. */
export class MetricSet {
  readonly #prefix: string
  readonly #register = new Registry()

  /** @param prefix what each name begins with */
  constructor(prefix: string, version: string) {
    this.#prefix = prefix
    this.gauge('build_info', 'Always 1', ['version']).set({ version }, 1)
    collectDefaultMetrics({ register: this.#register, eventLoopMonitoringPrecision: EVENT_LOOP_SAMPLE_MS })
    for (const name of WALKS_ALL_SOCKETS) this.#register.removeSingleMetric(name)
  }

  /**
   * @param samples those that there are from the start, as 0: it lets a rate see the first event. Default: one without labels
   * @param collect counts anew when it is asked, from 0; default: it is counted by who made it
   */
  counter(
    name: string,
    help: string,
    samples: readonly Readonly<Record<string, string>>[] = [{}],
    collect?: (counter: Counter) => void,
  ): Counter {
    const recount = (): void => {
      made.reset()
      collect?.(made)
    }
    const made: Counter = new Counter({
      ...this.#named(name, help),
      labelNames: Object.keys(samples[0] ?? {}),
      ...(collect === undefined ? {} : { collect: recount }),
    })
    for (const sample of samples) made.inc(sample, 0)
    return made
  }

  /** A counter with one label, and a sample for each of its values: `{ cause: ['closed', 'lost'] }`. */
  counterBy(name: string, help: string, label: Readonly<Record<string, readonly string[]>>): Counter {
    const samples = Object.entries(label).flatMap(([key, values]) =>
      values.map((value) => ({ [key]: value })),
    )
    return this.counter(name, help, samples)
  }

  histogram(name: string, help: string, buckets = LATENCY_BUCKETS): Histogram {
    return new Histogram({ ...this.#named(name, help), buckets })
  }

  /** @param collect sets it when it is asked */
  gauge(name: string, help: string, labelNames: readonly string[], collect?: (gauge: Gauge) => void): Gauge {
    const made: Gauge = new Gauge({
      ...this.#named(name, help),
      labelNames: [...labelNames],
      ...(collect === undefined ? {} : { collect: () => collect(made) }),
    })
    return made
  }

  /** A gauge that reads one number when it is asked. */
  reading(name: string, help: string, read: () => number): void {
    this.gauge(name, help, [], (gauge) => gauge.set(read()))
  }

  async expose(): Promise<{ text: string; contentType: string }> {
    return { text: await this.#register.metrics(), contentType: this.#register.contentType }
  }

  #named(name: string, help: string) {
    return { name: this.#prefix + name, help, registers: [this.#register] }
  }
}
