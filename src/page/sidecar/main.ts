import { createDurationChart } from '../chart/duration-chart.ts'
import { runPage } from '../run-page.ts'
import { createTimeline } from '../timeline/timeline.ts'
import { BANDS } from './bands.ts'
import { factsOf, subjectWords } from './facts.ts'
import { sentence } from './sentence.ts'
import type { SidecarStatus } from './status.ts'
import { createSidecarTokens } from './token-columns.ts'

runPage<SidecarStatus>({
  program: 'puppet-registrar',
  server: 'sidecar',
  sentence: ({ status, history }) => sentence(status, history),
  subject: subjectWords,
  past: [createTimeline(BANDS)],
  charts: [
    createDurationChart('Probe of the puppet', 'probe'),
    createDurationChart('Round trip to the registry', 'registryRoundTrip'),
  ],
  factsTitle: 'What clients are told',
  facts: factsOf,
  tokens: createSidecarTokens(),
})
