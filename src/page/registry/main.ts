import { createDurationChart } from '../chart/duration-chart.ts'
import { runPage } from '../run-page.ts'
import { createTimeline } from '../timeline/timeline.ts'
import { BANDS } from './bands.ts'
import { withExpiry } from './certificate-expiry.ts'
import { createDiscoveryRateChart, createRegisteredChart } from './count-charts.ts'
import { factsOf } from './facts.ts'
import { createRefusals } from './refusal-list.ts'
import { sentence } from './sentence.ts'
import type { RegistryStatus } from './status.ts'
import { createRegistryTokens } from './token-columns.ts'

runPage<RegistryStatus>({
  program: 'puppet registry',
  server: 'registry',
  sentence: ({ status, history }, nowMs) => sentence(status, history, nowMs),
  complete: ({ status, history }) => withExpiry(history, status.problems),
  past: [createTimeline(BANDS), createRefusals()],
  charts: [
    createRegisteredChart(),
    createDiscoveryRateChart(),
    createDurationChart('Questions to registrants for their port', 'portQuestion'),
    createDurationChart('Discoveries, until they are answered', 'discovery'),
  ],
  factsTitle: 'The registry',
  facts: ({ status }, nowMs) => factsOf(status, nowMs),
  tokens: createRegistryTokens(),
})
