import { describe, expect, it } from 'vitest'
import { MetricSet } from '../../../src/ops/metric-set.ts'

const textOf = async (metrics: MetricSet): Promise<string> => (await metrics.expose()).text

/** The samples whose names begin with `prefix`. */
const samplesOf = async (metrics: MetricSet, prefix: string): Promise<readonly string[]> =>
  (await textOf(metrics)).split('\n').filter((line) => line.startsWith(prefix))

describe('a set of metrics', () => {
  it('says its version under its own prefix', async () => {
    expect(await samplesOf(new MetricSet('bot_', '1.2.3'), 'bot_')).toEqual([
      'bot_build_info{version="1.2.3"} 1',
    ])
  })

  it('has those of the process that everyone expects, under their own names', async () => {
    const text = await textOf(new MetricSet('bot_', '1'))
    for (const name of ['process_resident_memory_bytes', 'process_start_time_seconds', 'nodejs_version_info'])
      expect(text).toMatch(new RegExp(`^${name}[ {]`, 'm'))
  })

  it('has none for which all sockets would have to be walked over', async () => {
    expect(await textOf(new MetricSet('bot_', '1'))).not.toContain('nodejs_active_')
  })

  it('shares nothing with another one', async () => {
    const [one, other] = [new MetricSet('one_', '1'), new MetricSet('other_', '2')]
    one.counter('events_total', 'Events').inc()
    other.counter('events_total', 'Events')
    expect(await samplesOf(one, 'one_events')).toEqual(['one_events_total 1'])
    expect(await samplesOf(other, 'other_events')).toEqual(['other_events_total 0'])
    expect(await textOf(one)).not.toContain('other_')
  })

  it('comes as text in the format of Prometheus', async () => {
    expect((await new MetricSet('bot_', '1').expose()).contentType).toMatch(/^text\/plain; version=0\.0\.4/)
  })
})

describe('a counter', () => {
  it('is 0 for each of its samples before anything has happened', async () => {
    const metrics = new MetricSet('bot_', '1')
    const counter = metrics.counterBy('ends_total', 'Ends', { cause: ['good', 'bad'] })
    expect(await samplesOf(metrics, 'bot_ends')).toEqual([
      'bot_ends_total{cause="good"} 0',
      'bot_ends_total{cause="bad"} 0',
    ])
    counter.inc({ cause: 'bad' })
    expect(await samplesOf(metrics, 'bot_ends_total{cause="bad"}')).toEqual(['bot_ends_total{cause="bad"} 1'])
  })
})

describe('a gauge', () => {
  it('that reads is read each time it is asked, not before', async () => {
    const metrics = new MetricSet('bot_', '1')
    let reads = 0
    metrics.reading('reads', 'Reads', () => {
      reads += 1
      return reads
    })
    expect(reads).toBe(0)
    expect(await samplesOf(metrics, 'bot_reads')).toEqual(['bot_reads 1'])
    expect(await samplesOf(metrics, 'bot_reads')).toEqual(['bot_reads 2'])
  })

  it('may be told for each of its labels when it is asked', async () => {
    const metrics = new MetricSet('bot_', '1')
    metrics.gauge('size', 'Sizes', ['of'], (gauge) => gauge.set({ of: 'a' }, 7))
    expect(await samplesOf(metrics, 'bot_size')).toEqual(['bot_size{of="a"} 7'])
  })
})

describe('a histogram', () => {
  it('is for what takes milliseconds, unless it is told otherwise', async () => {
    const metrics = new MetricSet('bot_', '1')
    metrics.histogram('took_seconds', 'Took').observe(0.003)
    metrics.histogram('waited_seconds', 'Waited', [10, 60]).observe(30)
    const lines = await samplesOf(metrics, 'bot_')
    expect(lines).toContain('bot_took_seconds_bucket{le="0.0025"} 0')
    expect(lines).toContain('bot_took_seconds_bucket{le="0.005"} 1')
    expect(lines).toContain('bot_waited_seconds_bucket{le="10"} 0')
    expect(lines).toContain('bot_waited_seconds_bucket{le="60"} 1')
    expect(lines.some((line) => line.startsWith('bot_waited_seconds_bucket{le="0.'))).toBe(false)
  })
})
